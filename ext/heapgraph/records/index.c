/*
 * Addresses and nodes; see index.h.
 */
#include "records/index.h"

#include "base/array.h"
#include "base/numbers.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1024 };

void
hg_units_init(struct hg_units *units) {
    *units = (struct hg_units){0};
    pthread_mutex_init(&units->lock, NULL);
}

void
hg_units_free(struct hg_units *units) {
    for (uint32_t i = 0; i < HG_UNIT_BLOCKS && units->block[i]; i++) free(units->block[i]);
    free(units->key);
    hg_slots_free(&units->slots);
    pthread_mutex_destroy(&units->lock);
}

static struct hg_unit *
unit_at(const struct hg_units *units, uint32_t number) {
    return &units->block[number / HG_UNIT_BLOCK][number % HG_UNIT_BLOCK];
}

/* Spreads keys that are close to each other, and those that differ only in their high bits. */
static uint64_t
hash_of(const void *keys, uint32_t number) {
    return hg_mix(((const uint64_t *)keys)[number], HG_GOLDEN);
}

static bool
grow_units(struct hg_units *units) {
    struct hg_unit **block = &units->block[units->count / HG_UNIT_BLOCK];
    if (!*block) *block = hg_zeroed(HG_UNIT_BLOCK, sizeof **block);
    return *block &&
           hg_grow(&units->key, units->count, &units->room, FIRST_ROOM, sizeof *units->key) &&
           hg_slots_grow(&units->slots, units->count, 2 * FIRST_ROOM, hash_of, units->key);
}

static struct hg_unit *
common_unit(struct hg_units *units, uint64_t key) {
    // the last number is not used: its last place would be HG_NO_PLACE
    if (units->count == HG_UNIT_BLOCK * HG_UNIT_BLOCKS - 1 || !grow_units(units)) return NULL;
    struct hg_slots *slots = &units->slots;
    size_t at = hg_slots_first(slots, hash_of(&key, 0));
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        uint32_t number = slots->slot[at] - 1;
        if (units->key[number] == key) return unit_at(units, number);
    }
    struct hg_unit *unit = unit_at(units, units->count);
    unit->number = units->count;
    units->key[units->count] = key;
    slots->slot[at] = ++units->count;
    return unit;
}

bool
hg_seen_units_init(struct hg_seen_units *seen, struct hg_units *units) {
    *seen = (struct hg_seen_units){.units = units, .room = FIRST_ROOM};
    seen->seen = hg_zeroed(seen->room, sizeof *seen->seen);
    return seen->seen != NULL;
}

void
hg_seen_units_free(struct hg_seen_units *seen) {
    free(seen->seen);
    seen->seen = NULL;
}

static void
put_seen(struct hg_seen_unit *table, size_t room, struct hg_seen_unit one) {
    size_t i = hg_seen_first(room, one.key);
    while (table[i].key) i = (i + 1) & (room - 1);
    table[i] = one;
}

static bool
grow_seen(struct hg_seen_units *seen) {
    size_t room = 2 * seen->room;
    struct hg_seen_unit *grown = hg_zeroed(room, sizeof *grown);
    if (!grown) return false;
    for (size_t i = 0; i < seen->room; i++) {
        if (seen->seen[i].key) put_seen(grown, room, seen->seen[i]);
    }
    free(seen->seen);
    seen->seen = grown;
    seen->room = room;
    return true;
}

struct hg_unit *
hg_new_seen_unit(struct hg_seen_units *seen, uint64_t key) {
    if (2 * seen->count >= seen->room && !grow_seen(seen)) return NULL;
    pthread_mutex_lock(&seen->units->lock);
    struct hg_unit *unit = common_unit(seen->units, key - 1);
    pthread_mutex_unlock(&seen->units->lock);
    if (!unit) return NULL;
    put_seen(seen->seen, seen->room, (struct hg_seen_unit){key, unit});
    seen->count++;
    return unit;
}

struct numbered_key {
    uint64_t key;
    uint32_t number;
};

static int
by_key(const void *a, const void *b) {
    uint64_t x = ((const struct numbered_key *)a)->key, y = ((const struct numbered_key *)b)->key;
    return x < y ? -1 : x > y;
}

/* Returns the units in the order of their addresses, malloc'ed; NULL if there is no memory. */
static struct numbered_key *
sorted_units(const struct hg_units *units) {
    struct numbered_key *sorted = malloc(((size_t)units->count + 1) * sizeof *sorted);
    if (!sorted) return NULL;
    for (uint32_t i = 0; i < units->count; i++) sorted[i] = (struct numbered_key){units->key[i], i};
    qsort(sorted, units->count, sizeof *sorted, by_key);
    return sorted;
}

enum hg_status
hg_units_rank(struct hg_units *units, uint32_t *nodes) {
    struct numbered_key *sorted = sorted_units(units);
    if (!sorted) return HG_NO_MEMORY;
    uint64_t base = 0;
    for (uint32_t i = 0; i < units->count; i++) {
        struct hg_unit *unit = unit_at(units, sorted[i].number);
        uint64_t before = 0;
        unsigned set = 0;
        for (int word = 0; word < HG_UNIT_WORDS; word++) {
            if (word > 0) before |= (uint64_t)set << (9 * (word - 1));
            set += hg_popcount(atomic_load_explicit(&unit->bits[word], memory_order_relaxed));
        }
        unit->before = before;
        unit->number = (uint32_t)base;
        base += set;
        if (base >= HG_NO_NODE) break;
    }
    free(sorted);
    if (base >= HG_NO_NODE) return HG_TOO_LARGE;
    *nodes = (uint32_t)base;
    return HG_OK;
}

enum hg_status
hg_index_pack(const struct hg_units *units, struct hg_index *index) {
    size_t count = units->count;
    struct numbered_key *sorted = sorted_units(units);
    uint64_t *key = malloc((count + 1) * sizeof *key);
    uint32_t *base = malloc((count + 1) * sizeof *base);
    uint64_t(*bits)[HG_UNIT_WORDS] = malloc((count + 1) * sizeof *bits);
    if (!sorted || !key || !base || !bits) {
        free(sorted);
        free(key);
        free(base);
        free(bits);
        return HG_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        const struct hg_unit *unit = unit_at(units, sorted[i].number);
        key[i] = sorted[i].key;
        base[i] = unit->number;
        for (int word = 0; word < HG_UNIT_WORDS; word++)
            bits[i][word] = atomic_load_explicit(&unit->bits[word], memory_order_relaxed);
    }
    free(sorted);
    *index = (struct hg_index){count, key, base, (const uint64_t(*)[HG_UNIT_WORDS])bits};
    return HG_OK;
}

uint32_t
hg_index_node(const struct hg_index *index, uint64_t address) {
    if (!hg_is_object_address(address)) return HG_NO_NODE;
    uint64_t key = address >> HG_UNIT_BITS, low = 0, high = index->units;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (index->key[middle] < key) low = middle + 1;
        else high = middle;
    }
    if (low == index->units || index->key[low] != key) return HG_NO_NODE;
    unsigned slot = (unsigned)(address >> 3) & 511;
    const uint64_t *bits = index->bits[low];
    uint64_t bit = UINT64_C(1) << (slot & 63);
    if (!(bits[slot >> 6] & bit)) return HG_NO_NODE;
    uint32_t node = index->base[low] + hg_popcount(bits[slot >> 6] & (bit - 1));
    for (unsigned word = 0; word < slot >> 6; word++) node += hg_popcount(bits[word]);
    return node;
}

uint64_t
hg_index_address(const struct hg_index *index, uint32_t node) {
    uint64_t low = 0, high = index->units; // the last unit whose base is not above the node
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (index->base[middle] <= node) low = middle;
        else high = middle;
    }
    if (index->units == 0) return 0;
    uint32_t left = node - index->base[low];
    for (unsigned word = 0; word < HG_UNIT_WORDS; word++) {
        uint64_t bits = index->bits[low][word];
        unsigned set = hg_popcount(bits);
        if (left >= set) {
            left -= set;
            continue;
        }
        while (left-- > 0) bits &= bits - 1;
        uint64_t slot = word * 64 + (unsigned)__builtin_ctzll(bits);
        return index->key[low] << HG_UNIT_BITS | slot << 3;
    }
    return 0;
}

/* The nodes of one unit. `other` is NULL if the other index has no such unit. */
static void
match_unit(const uint64_t *bits, const uint64_t *other, uint32_t base, uint32_t *same) {
    for (unsigned word = 0; word < HG_UNIT_WORDS; word++) {
        uint64_t of_other = other ? other[word] : 0;
        for (uint64_t left = bits[word]; left; left &= left - 1) {
            uint64_t bit = left & -left;
            *same++ = of_other & bit ? base + hg_popcount(of_other & (bit - 1)) : HG_NO_NODE;
        }
        base += hg_popcount(of_other);
    }
}

void
hg_index_match(const struct hg_index *index, const struct hg_index *other, uint32_t *same) {
    uint64_t at = 0;
    for (uint64_t unit = 0; unit < index->units; unit++) {
        while (at < other->units && other->key[at] < index->key[unit]) at++;
        bool there = at < other->units && other->key[at] == index->key[unit];
        match_unit(index->bits[unit], there ? other->bits[at] : NULL, there ? other->base[at] : 0,
                   same + index->base[unit]);
    }
}
