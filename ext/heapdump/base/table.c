/*
 * A hash table with open addressing; see table.h.
 */
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { FEWEST_PLACES = 64 };

bool
hd_table_reset(struct hd_table *table, size_t size) {
    size_t places = FEWEST_PLACES;
    while (places < size * 2) places *= 2;
    table->size = 0;
    if (places > table->capacity) {
        hd_table_free(table);
        table->entries = calloc(places, sizeof *table->entries);
        if (!table->entries) return false;
        table->capacity = places;
    }
    else {
        memset(table->entries, 0, places * sizeof *table->entries);
    }
    table->places = places;
    return true;
}

bool
hd_table_room(struct hd_table *table) {
    if (table->size * 2 < table->places) return true;
    struct hd_table grown = {0};
    if (!hd_table_reset(&grown, table->places)) return false;
    for (size_t i = 0; i < table->places; i++) {
        const struct hd_entry *entry = &table->entries[i];
        if (entry->key) hd_table_add(&grown, entry->key)->value = entry->value;
    }
    hd_table_free(table);
    *table = grown;
    return true;
}

size_t
hd_table_number(struct hd_table *table, uint32_t high, uint32_t low, size_t next) {
    HD_CHECK(next != 0);
    uint64_t key = ((uint64_t)high << 32 | low) + 1; // a table has no key 0
    HD_CHECK(key != 0);
    if (!hd_table_room(table)) return 0;
    struct hd_entry *entry = hd_table_add(table, key);
    if (!entry->value) entry->value = next;
    return entry->value;
}

void
hd_table_free(struct hd_table *table) {
    free(table->entries);
    *table = (struct hd_table){0};
}
