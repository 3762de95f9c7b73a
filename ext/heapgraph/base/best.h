/*
 * The best few of many: keeps the `room` candidates with the highest scores of all that were offered.
 * Equal scores: the one offered with the smaller node. No ruby.h.
 */
#ifndef HEAPGRAPH_BEST_H
#define HEAPGRAPH_BEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hg_candidate {
    uint64_t score;
    uint32_t node;
};

/* A heap with the worst on top. Zeroed but for `room` is empty. */
struct hg_best {
    struct hg_candidate *items;
    size_t count, capacity, room;
};

/* False if there was no memory. */
bool hg_best_offer(struct hg_best *best, uint64_t score, uint32_t node);

/* Best first; nothing may be offered afterwards. */
void hg_best_sort(struct hg_best *best);

void hg_best_free(struct hg_best *best);

#endif
