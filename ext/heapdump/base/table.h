/*
 * A hash table with open addressing. The keys are words other than 0, the values are numbers.
 * Single keys cannot be removed; hd_table_reset removes all. A zeroed table is an empty one. No
 * ruby.h.
 */
#ifndef HEAPDUMP_TABLE_H
#define HEAPDUMP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct hd_entry {
    uint64_t key; /* 0: an empty place */
    size_t value;
};

struct hd_table {
    struct hd_entry *entries; /* owned */
    size_t size;              /* number of entries that have a key */
    size_t places;            /* number of entries in use for hashing: a power of two, or 0 */
    size_t capacity;          /* number of entries that the memory can hold */
};

/*
 * Empties the table and makes room for `size` entries. Returns false when there is no memory; the
 * table then has no places.
 */
bool hd_table_reset(struct hd_table *table, size_t size);

/*
 * Makes room for one more entry. Returns false when there is no memory; the table is then
 * unchanged.
 */
bool hd_table_room(struct hd_table *table);

void hd_table_free(struct hd_table *table);

/* The entry where the key is, or where it would be added. The table must have places. */
static inline struct hd_entry *
hd_table_place(const struct hd_table *table, uint64_t key) {
    size_t mask = table->places - 1, i = (size_t)(hd_hash(key) >> 32) & mask;
    while (table->entries[i].key && table->entries[i].key != key) i = (i + 1) & mask;
    return &table->entries[i];
}

/* The entry of the key, NULL if there is none. */
static inline struct hd_entry *
hd_table_find(const struct hd_table *table, uint64_t key) {
    if (table->size == 0) return NULL;
    struct hd_entry *entry = hd_table_place(table, key);
    return entry->key ? entry : NULL;
}

/* The entry of the key. A missing key is added with the value 0, for which there must be room. */
static inline struct hd_entry *
hd_table_add(struct hd_table *table, uint64_t key) {
    struct hd_entry *entry = hd_table_place(table, key);
    if (!entry->key) table->size++;
    entry->key = key;
    return entry;
}

/*
 * The number of a pair of numbers: that which it was given first, or `next` (not 0) if it has none.
 * Returns 0 if there is no memory. Not both of the pair are UINT32_MAX.
 */
size_t hd_table_number(struct hd_table *table, uint32_t high, uint32_t low, size_t next);

#endif
