/*
 * Finds the node of an address, and the address of a node.
 *
 * The heap is divided into units of 4 KiB. Each unit in which there is an address has a bitmap of
 * its 512 words. While the dump is read, each address becomes a *place*: the unit and the word in
 * it, in 32 bits. Then the units are sorted by address, and the number of a node is the number of
 * bits that are set before its own bit. So no address is kept, and a node costs about a byte.
 */
#ifndef HEAPGRAPH_INDEX_H
#define HEAPGRAPH_INDEX_H

#include "base/bytes.h"
#include "base/slots.h"
#include "base/task.h"

#include <pthread.h>

#define HG_UNIT_BITS 12
#define HG_UNIT_WORDS 8 /* of 64 bits */
#define HG_NO_PLACE UINT32_MAX

/* What a loaded graph has. The units are in the order of their addresses. */
struct hg_index {
    uint64_t units;
    const uint64_t *key;                   /* address >> HG_UNIT_BITS */
    const uint32_t *base;                  /* how many nodes are in the units before this one */
    const uint64_t (*bits)[HG_UNIT_WORDS]; /* a bit for each word of 8 bytes */
};

uint64_t hg_index_address(const struct hg_index *index, uint32_t node);
uint32_t hg_index_node(const struct hg_index *index, uint64_t address); /* or HG_NO_NODE */

/*
 * Finds for each node of an index the node of another one at the same address, and writes it to
 * `same`: HG_NO_NODE if there is none. The time is that of a walk over both indexes.
 */
void hg_index_match(const struct hg_index *index, const struct hg_index *other, uint32_t *same);

/* -- while loading -- */

struct hg_unit {
    _Atomic uint64_t bits[HG_UNIT_WORDS];
    uint64_t before; /* set bits before word 1 … 7, 9 bits each */
    uint32_t number; /* of the unit; after hg_units_rank: of its first node */
};

#define HG_UNIT_BLOCK 4096
#define HG_UNIT_BLOCKS 2048

/* The units, which all threads share. */
struct hg_units {
    pthread_mutex_t lock;
    uint32_t count;
    struct hg_unit *block[HG_UNIT_BLOCKS];
    uint64_t *key; /* by number */
    size_t room;   /* of keys */
    struct hg_slots slots;
};

void hg_units_init(struct hg_units *units);
void hg_units_free(struct hg_units *units);

/*
 * Numbers the nodes in the order of their addresses. From here on hg_place_node works, and hg_place
 * no longer does. HG_OK · HG_NO_MEMORY · HG_TOO_LARGE (more than 2^32-2 nodes).
 */
enum hg_status hg_units_rank(struct hg_units *units, uint32_t *nodes);

/*
 * Makes the index of the graph; hg_units_rank comes first. The arrays are malloc'ed and belong to
 * the caller. HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_index_pack(const struct hg_units *units, struct hg_index *index);

/* The units that one thread has seen. */
struct hg_seen_units {
    struct hg_units *units;
    struct hg_seen_unit *seen;
    size_t room, count;
};

struct hg_seen_unit {
    uint64_t key; /* plus 1, or 0 if the entry is free */
    struct hg_unit *unit;
};

bool hg_seen_units_init(struct hg_seen_units *seen, struct hg_units *units);
void hg_seen_units_free(struct hg_seen_units *seen);

struct hg_unit *hg_new_seen_unit(struct hg_seen_units *seen, uint64_t key);

/*
 * Where a table of `room` entries, a power of two, is searched first for a key. Four units in a row
 * are in one cache line. Higher bits decide in which: a heap has several regions of many units
 * each, and where two of them had the same places, each search would go through a whole region.
 */
static inline size_t
hg_seen_first(size_t room, uint64_t key) {
    return ((key >> 2) * HG_GOLDEN >> 32 << 2 | (key & 3)) & (room - 1);
}

/* Whether an object of Ruby can be at this address. */
static inline bool
hg_is_object_address(uint64_t address) {
    return address != 0 && (address & 7) == 0;
}

/*
 * The place of an object's address, which is marked in the bitmap. HG_NO_PLACE if there is no
 * memory or there are too many units.
 */
static inline uint32_t
hg_place(struct hg_seen_units *seen, uint64_t address) {
    uint64_t key = (address >> HG_UNIT_BITS) + 1;
    struct hg_unit *unit = NULL;
    for (size_t i = hg_seen_first(seen->room, key); seen->seen[i].key;
         i = (i + 1) & (seen->room - 1)) {
        if (seen->seen[i].key != key) continue;
        unit = seen->seen[i].unit;
        break;
    }
    if (__builtin_expect(!unit, 0)) {
        unit = hg_new_seen_unit(seen, key);
        if (!unit) return HG_NO_PLACE;
    }
    uint32_t slot = (uint32_t)(address >> 3) & 511;
    uint64_t bit = UINT64_C(1) << (slot & 63);
    _Atomic uint64_t *word = &unit->bits[slot >> 6];
    if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
        atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
    return unit->number << 9 | slot;
}

/* The node of a place that hg_place has returned. */
static inline uint32_t
hg_place_node(const struct hg_units *units, uint32_t place) {
    uint32_t number = place >> 9, slot = place & 511, word = slot >> 6;
    const struct hg_unit *unit = &units->block[number / HG_UNIT_BLOCK][number % HG_UNIT_BLOCK];
    uint64_t bits = atomic_load_explicit(&unit->bits[word], memory_order_relaxed);
    uint32_t last = word - 1; // word 0 reads bit 63, which is never set
    uint32_t before = (uint32_t)(unit->before >> 9 * (last + (last >> 28 & 8))) & 511;
    return unit->number + before + hg_popcount(bits & ((UINT64_C(1) << (slot & 63)) - 1));
}

#endif
