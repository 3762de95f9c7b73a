/*
 * Finding numbered things by a hash: a table of their numbers, open addressing. The things and what
 * they are compared by lie with the caller:
 *
 *   size_t at = hg_slots_first(&slots, hash);
 *   for (; slots.slot[at]; at = hg_slots_next(&slots, at)) {
 *       if (it is thing[slots.slot[at] - 1]) return slots.slot[at] - 1;
 *   }
 *   slots.slot[at] = number + 1;
 */
#ifndef HEAPGRAPH_SLOTS_H
#define HEAPGRAPH_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: no room yet, so nothing may be looked for. */
struct hg_slots {
    uint32_t *slot; /* number + 1; 0: free */
    size_t room;    /* a power of two */
};

static inline size_t
hg_slots_first(const struct hg_slots *slots, uint64_t hash) {
    return (size_t)hash & (slots->room - 1);
}

static inline size_t
hg_slots_next(const struct hg_slots *slots, size_t at) {
    return (at + 1) & (slots->room - 1);
}

/* The hash of a thing by its number. */
typedef uint64_t hg_hash_of(const void *things, uint32_t number);

/*
 * Makes sure that a thing more than the `count` that are there leaves half of the slots free: there
 * are `first` of them at first, and then twice as many each time. False without memory, and then
 * nothing has changed.
 */
static inline bool hg_slots_grow(struct hg_slots *slots, size_t count, size_t first,
                                 hg_hash_of *hash, const void *things)
    __attribute__((warn_unused_result));

void hg_slots_free(struct hg_slots *slots);

/* -- inline -- */

bool hg_slots_grow_now(struct hg_slots *slots, size_t count, size_t first, hg_hash_of *hash,
                       const void *things);

static inline bool
hg_slots_grow(struct hg_slots *slots, size_t count, size_t first, hg_hash_of *hash,
              const void *things) {
    return 2 * count < slots->room || hg_slots_grow_now(slots, count, first, hash, things);
}

#endif
