/*
 * The pages of the heap: a sorted array of address ranges, each cut into slots of one size. It
 * says what there is to walk, and answers "is this word an object?".
 */
#ifndef HEAPDUMP_PAGES_H
#define HEAPDUMP_PAGES_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct hd_page {
    uintptr_t start, end;
    size_t stride;
};

struct hd_pages {
    struct hd_page *list; /* owned, sorted by address */
    size_t size, capacity;
    struct hd_table units; /* where in the list the addresses of a unit of 64 KiB begin */
    bool failed;           /* out of memory while collecting */
};

/*
 * Collects the pages of the heap, replacing what was there. The caller holds the GVL with the GC
 * disabled and not running. Returns 0 or ENOMEM.
 */
int hd_pages_collect(struct hd_pages *pages);
void hd_pages_free(struct hd_pages *pages);

/* True if `word` is the address of a slot that holds an object. */
bool hd_pages_have_object(const struct hd_pages *pages, uintptr_t word);

#endif
