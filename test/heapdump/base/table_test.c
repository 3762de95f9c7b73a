/*
 * table.c and list.c against slow definitions: an array of all keys, searched from its beginning.
 */
#include "base/list.h"
#include "base/table.h"

#include <string.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

enum { ROUNDS = 500, MOST = 600 };

struct slow {
    uint64_t *keys;
    size_t *values;
    size_t size, keys_capacity, values_capacity;
};

static size_t *
slow_find(const struct slow *slow, uint64_t key) {
    for (size_t i = 0; i < slow->size; i++) {
        if (slow->keys[i] == key) return &slow->values[i];
    }
    return NULL;
}

static void
slow_add(struct slow *slow, uint64_t key, size_t value) {
    slow->keys = hd_list_room(slow->keys, slow->size, &slow->keys_capacity, sizeof *slow->keys);
    slow->values = hd_list_room(slow->values, slow->size, &slow->values_capacity,
                                sizeof *slow->values);
    CHECK(slow->keys && slow->values && slow->size < slow->keys_capacity);
    slow->keys[slow->size] = key;
    slow->values[slow->size++] = value;
}

/* Small numbers, addresses, anything: what is alike in its low bits, in its high ones, in none. */
static uint64_t
some_key(struct random *random) {
    switch (random_below(random, 3)) {
    case 0:
        return 1 + random_below(random, MOST);
    case 1:
        return UINT64_C(0x7f0000000000) + 40 * (uint64_t)random_below(random, MOST);
    default:
        return (random_next(random) >> (random_below(random, 64))) | 1;
    }
}

static void
check_same(const struct hd_table *table, const struct slow *slow, struct random *random) {
    size_t found = 0;
    CHECK_EQUAL(slow->size, table->size);
    for (size_t i = 0; i < slow->size; i++) {
        const struct hd_entry *entry = hd_table_find(table, slow->keys[i]);
        CHECK(entry && entry->key == slow->keys[i]);
        CHECK_EQUAL(slow->values[i], entry->value);
    }
    for (size_t i = 0; i < table->places; i++) found += table->entries[i].key != 0;
    CHECK_EQUAL(slow->size, found);
    for (int i = 0; i < 20; i++) {
        uint64_t key = some_key(random);
        CHECK_EQUAL(slow_find(slow, key) != NULL, hd_table_find(table, key) != NULL);
    }
}

static void
fill(struct hd_table *table, struct slow *slow, size_t size, bool has_room, struct random *random) {
    for (size_t i = 0; i < size; i++) {
        uint64_t key = some_key(random);
        size_t *known = slow_find(slow, key);
        if (!has_room) CHECK(hd_table_room(table));
        struct hd_entry *entry = hd_table_add(table, key);
        CHECK_EQUAL(known ? *known : 0, entry->value);
        entry->value += i + 1;
        if (known) *known += i + 1;
        else slow_add(slow, key, i + 1);
    }
}

static void
test_table(struct random *random) {
    struct hd_table table = {0};
    struct slow slow = {0};
    CHECK(!hd_table_find(&table, 1));
    for (int i = 0; i < 3; i++) {
        size_t size = random_below(random, MOST);
        bool has_room = random_chance(random, 50);
        if (has_room || random_chance(random, 50)) {
            CHECK(hd_table_reset(&table, has_room ? size : 0));
            slow.size = 0;
        }
        fill(&table, &slow, size, has_room, random);
        check_same(&table, &slow, random);
    }
    hd_table_free(&table);
    CHECK(!table.entries && !hd_table_find(&table, 1));
    free(slow.keys);
    free(slow.values);
}

/* Pairs have the numbers 1, 2, 3 … in the order in which they come, and keep them. */
static void
test_numbers(struct random *random) {
    enum { SIDE = 40 };
    struct hd_table table = {0};
    size_t known[SIDE][SIDE] = {{0}}, next = 1;
    for (int i = 0; i < SIDE * SIDE; i++) {
        uint32_t high = random_below(random, SIDE), low = random_below(random, SIDE);
        uint32_t end = high == 0 ? UINT32_MAX - low : low; // both ends of the numbers
        size_t number = hd_table_number(&table, high, end, next);
        CHECK_EQUAL(known[high][low] ? known[high][low] : next, number);
        if (number == next) known[high][low] = next++;
    }
    CHECK_EQUAL(next - 1, table.size);
    CHECK_EQUAL(next, hd_table_number(&table, UINT32_MAX, 0, next));
    hd_table_free(&table);
}

int
main(void) {
    for (check_seed = 0; check_seed < ROUNDS; check_seed++) {
        struct random random = {check_seed};
        test_table(&random);
        test_numbers(&random);
    }
    return 0;
}
