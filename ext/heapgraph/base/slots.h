/*
 * Finds numbered things by a hash: a table of their numbers, with open addressing. The caller has
 * the things themselves and compares them:
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

/* A zeroed table has no room: nothing may be looked up before hg_slots_grow. */
struct hg_slots {
    uint32_t *slot; /* number + 1, or 0 if the slot is free */
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
 * Makes sure that half of the slots are still free when one thing is added to `count` things. The
 * table has `first` slots at the beginning, a power of two, and twice as many each time that it
 * grows. `hash` is called with `things`. Returns false if there is no memory; then nothing has
 * changed.
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
