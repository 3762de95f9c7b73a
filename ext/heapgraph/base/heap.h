/*
 * Binary heaps of candidates, in arrays: on top is the candidate that comes before all others, by a
 * rule of the caller.
 */
#ifndef HEAPGRAPH_HEAP_H
#define HEAPGRAPH_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hg_candidate {
    uint64_t score;
    uint32_t node;
};

typedef bool hg_before(const struct hg_candidate *a, const struct hg_candidate *b);

/* Whether `a` is better: it has the higher score, or the same one and the smaller node. */
static inline bool
hg_better(const struct hg_candidate *a, const struct hg_candidate *b) {
    return a->score != b->score ? a->score > b->score : a->node < b->node;
}

/* Puts the item at index `at`, the last of a heap, where it belongs. */
static inline void
hg_heap_up(struct hg_candidate *items, size_t at, hg_before *before) {
    struct hg_candidate moved = items[at];
    for (; at > 0 && before(&moved, &items[(at - 1) / 2]); at = (at - 1) / 2)
        items[at] = items[(at - 1) / 2];
    items[at] = moved;
}

/* Puts the item on top, which alone may be in the wrong place, where it belongs. */
static inline void
hg_heap_down(struct hg_candidate *items, size_t count, hg_before *before) {
    if (count == 0) return;
    struct hg_candidate moved = items[0];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(&items[child + 1], &items[child])) child++;
        if (!before(&items[child], &moved)) break;
        items[at] = items[child];
    }
    items[at] = moved;
}

#endif
