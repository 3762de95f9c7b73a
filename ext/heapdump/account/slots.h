/*
 * What the slots of the heap tell about memory outside of it. One pass over all slots finds it.
 */
#ifndef HEAPDUMP_SLOTS_H
#define HEAPDUMP_SLOTS_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mri/pages.h"

/* An execution context that has a stack: that of a thread, or of a fiber that does not run. */
struct hd_slot_context {
    const void *at;
    VALUE thread; /* 0 for a fiber */
};

struct hd_slots_found {
    struct hd_slot_context *contexts; /* owned, each once, sorted by address */
    size_t size, capacity;
    uintptr_t transient, transient_end; /* the first and the last address in MRI's transient heap
                                           that an array is at; 0 if there is none */
    bool failed;                        /* out of memory */
};

void hd_slots_look(struct hd_slots_found *found, const struct hd_pages *pages);
void hd_slots_free(struct hd_slots_found *found);

#endif
