/*
 * A hash table with open addressing: numbers by words. A word is never 0, and is never taken out but
 * by hd_table_reset. A zeroed table is an empty one. No ruby.h.
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
    size_t size;              /* entries that are taken */
    size_t places;            /* among which they are spread, a power of two or 0 */
    size_t capacity;          /* of the memory, in entries */
};

/* Empties the table and makes room for `size` entries. False without memory: then it has no place. */
bool hd_table_reset(struct hd_table *table, size_t size);

/* Makes room for one more entry. False without memory: then the table is as it was. */
bool hd_table_room(struct hd_table *table);

void hd_table_free(struct hd_table *table);

/* Where the key is, or would be. Only for a table that has places. */
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

/* The entry of the key, which is added with the value 0 if there is none. There must be room. */
static inline struct hd_entry *
hd_table_add(struct hd_table *table, uint64_t key) {
    struct hd_entry *entry = hd_table_place(table, key);
    if (!entry->key) table->size++;
    entry->key = key;
    return entry;
}

#endif
