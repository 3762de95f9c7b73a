/*
 * Questions to MRI which, for a T_DATA object, may call a function of the extension that defined
 * it: its mark function or its size function. Such a function may allocate objects, and even fork.
 */
#ifndef HEAPDUMP_FOREIGN_H
#define HEAPDUMP_FOREIGN_H

#include <ruby.h>
#include <stddef.h>

#include "base/check.h"
#include "mri/mri.h"

/* Calls fn for each reference that MRI marks from obj. */
void hd_references(VALUE obj, void (*fn)(VALUE ref, void *data), void *data);

/* The size of obj, which lies in a slot of `slot_size`, in bytes, as MRI reports it. */
size_t hd_memsize_of(VALUE obj);
static inline size_t
hd_memsize(VALUE obj, size_t slot_size) {
    if (!hd_mri_is_in_slot(obj)) return hd_memsize_of(obj);
    HD_CHECK(hd_memsize_of(obj) == slot_size);
    return slot_size;
}

#endif
