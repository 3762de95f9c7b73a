/*
 * The best few of many: keeps the `room` candidates with the highest scores of all that were
 * offered. Of two with the same score, the one with the smaller node is better. No ruby.h.
 */
#ifndef HEAPGRAPH_BEST_H
#define HEAPGRAPH_BEST_H

#include "base/heap.h"

/* A heap with the worst candidate on top. It is empty if all but `room` is zeroed. */
struct hg_best {
    struct hg_candidate *items;
    size_t count, capacity, room;
};

/* Whether a candidate would be kept if it were offered now. */
bool hg_best_takes(const struct hg_best *best, uint64_t score, uint32_t node);

/* Offers a candidate. Returns false if there is no memory. */
bool hg_best_offer(struct hg_best *best, uint64_t score, uint32_t node);

/* Offers all that others have kept. Returns false if there is no memory. */
bool hg_best_join(struct hg_best *best, const struct hg_best *others);

/* Sorts the items, the best first. Nothing may be offered after that. */
void hg_best_sort(struct hg_best *best);

void hg_best_free(struct hg_best *best);

#endif
