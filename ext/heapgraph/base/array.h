/*
 * Arrays that may be as large as the heap that is read. Large ones are made of chunks (see chunk.h)
 * or come straight from the kernel: on huge pages, where a random access costs a third, and there
 * only once touched. Small ones come from malloc, where sanitizers watch.
 */
#ifndef HEAPGRAPH_ARRAY_H
#define HEAPGRAPH_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * `count` zeroed elements of `size` bytes, aligned to 64 bytes. NULL if there is no memory for them
 * or their size overflows; never NULL for a count of 0.
 */
void *hg_array(size_t count, size_t size) __attribute__((warn_unused_result));

/* The same, but they hold anything. */
void *hg_array_raw(size_t count, size_t size) __attribute__((warn_unused_result));

/* Zeroed ones of which only a part will be touched: no huge pages, so the rest costs nothing. */
void *hg_array_sparse(size_t count, size_t size) __attribute__((warn_unused_result));

/* Gives back what lies behind the first `count` elements of `size` bytes. The array does not move. */
void hg_array_trim(void *array, size_t count, size_t size);

/* Gives all of it back. NULL is fine. */
void hg_array_free(void *array);

/*
 * Makes sure that an array of malloc that grows has room for one more than `count` elements of `size`
 * bytes. `array` is the address of the pointer to it; *room is how many it has room for, and is
 * doubled when they are used up; `first` is for how many at first. False without memory, and then
 * nothing has changed.
 */
static inline bool hg_grow(void *array, size_t count, size_t *room, size_t first, size_t size)
    __attribute__((warn_unused_result));

/*
 * A growing list of u32. Zeroed is empty. A list that could not grow keeps what it has and says so
 * from then on.
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
