/*
 * Calls of what may be an extension's own function, which MRI makes for T_DATA: its mark function,
 * and the one that tells its size. It may allocate objects, and fork.
 */
#ifndef HEAPDUMP_FOREIGN_H
#define HEAPDUMP_FOREIGN_H

#include <ruby.h>
#include <stddef.h>

/* Calls fn for each reference that MRI marks from obj. */
void hd_references(VALUE obj, void (*fn)(VALUE ref, void *data), void *data);

/* What MRI says that an object takes. */
size_t hd_memsize(VALUE obj);

#endif
