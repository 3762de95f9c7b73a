/*
 * An array that grows: the list, its size and its capacity belong to the caller. No ruby.h.
 */
#ifndef HEAPDUMP_LIST_H
#define HEAPDUMP_LIST_H

#include <stddef.h>

/* Doubles the capacity. Only hd_list_room calls it: use that instead. */
void *hd_list_grow(void *list, size_t *capacity, size_t entry);

/*
 * Makes room for one more entry of `entry` bytes. Returns the list, which may have moved. Returns
 * NULL when there is no memory; the old list is then unchanged and still valid.
 */
static inline void *
hd_list_room(void *list, size_t size, size_t *capacity, size_t entry) {
    return size < *capacity ? list : hd_list_grow(list, capacity, entry);
}

#endif
