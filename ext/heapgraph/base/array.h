/*
 * Arrays that may be as large as the heap that is read.
 *
 * A large array is made of chunks (chunk.h), which lie on huge pages if the process may have them
 * (MRI asks for none): they can cut the time of a random access to a third. A large array of
 * hg_array_sparse comes from the kernel directly, and each page takes memory only when it is first
 * touched. A small array comes from malloc, where sanitizers can check it.
 */
#ifndef HEAPGRAPH_ARRAY_H
#define HEAPGRAPH_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Allocates `count` zeroed elements of `size` bytes, aligned to 64 bytes. Returns NULL if there is
 * no memory or the size of all elements overflows. A count of 0 is allowed and does not give NULL
 * by itself.
 *
 * The zeroes are written. Fresh memory has them as well, but where it is read before it is written,
 * the kernel maps a page of zeroes first and replaces it later, and makes each other thread wait
 * for that.
 */
void *hg_array(size_t count, size_t size) __attribute__((warn_unused_result));

/* The same, but the elements are not initialized. */
void *hg_array_raw(size_t count, size_t size) __attribute__((warn_unused_result));

/*
 * The same as hg_array, for an array of which only a part will be touched: it has no huge pages, so
 * the rest takes no memory.
 */
void *hg_array_sparse(size_t count, size_t size) __attribute__((warn_unused_result));

/*
 * Gives the memory behind the first `count` elements of `size` bytes back to the kernel, as far as
 * it is whole pages or chunks. An array of malloc stays as it is. The array does not move.
 */
void hg_array_trim(void *array, size_t count, size_t size);

/* Frees an array. NULL is allowed. */
void hg_array_free(void *array);

/*
 * Like calloc, for tables that are searched before they are filled: the zeroes are written, for the
 * same reason.
 */
void *hg_zeroed(size_t count, size_t size) __attribute__((warn_unused_result));

/*
 * Makes sure that a growing array of malloc has room for one element more than `count`. `array` is
 * the address of the pointer to the array, and `size` the size of an element in bytes. *room is the
 * number of elements for which there is room: `first` at the beginning, and doubled when all room
 * is used. Returns false if there is no memory; then nothing has changed.
 */
static inline bool hg_grow(void *array, size_t count, size_t *room, size_t first, size_t size)
    __attribute__((warn_unused_result));

/*
 * A growing list of u32. A zeroed list is empty. If there is no memory to grow, the list keeps its
 * items and sets `failed`, which stays set.
 */
struct hg_numbers {
    uint32_t *items;
    size_t count, room;
    int failed;
};

void hg_numbers_free(struct hg_numbers *list);

static inline void hg_numbers_add(struct hg_numbers *list, uint32_t item);

/* -- inline -- */

bool hg_grow_now(void *array, size_t *room, size_t first, size_t size);

static inline bool
hg_grow(void *array, size_t count, size_t *room, size_t first, size_t size) {
    return count < *room || hg_grow_now(array, room, first, size);
}

static inline void
hg_numbers_add(struct hg_numbers *list, uint32_t item) {
    if (hg_grow(&list->items, list->count, &list->room, 64, sizeof(*list->items)))
        list->items[list->count++] = item;
    else list->failed = 1;
}

#endif
