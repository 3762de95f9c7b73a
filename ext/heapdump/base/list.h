/*
 * An array that grows: the list, its size and its capacity belong to the caller. No ruby.h.
 */
#ifndef HEAPDUMP_LIST_H
#define HEAPDUMP_LIST_H

#include <stddef.h>

/* Twice the capacity. Use hd_list_room. */
void *hd_list_grow(void *list, size_t *capacity, size_t entry);

/*
 * Makes room for one more entry of `entry` bytes. Returns the list, which may have moved, or NULL
 * where there is no memory: then the list is as it was.
 */
static inline void *
hd_list_room(void *list, size_t size, size_t *capacity, size_t entry) {
    return size < *capacity ? list : hd_list_grow(list, capacity, entry);
}

#endif
