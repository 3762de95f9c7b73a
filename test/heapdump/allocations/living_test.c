/*
 * living.c, texts.c and cells.c against slow definitions: arrays that are searched from their
 * beginning.
 */
#include "allocations/cells.h"
#include "allocations/living.h"
#include "allocations/texts.h"

#include <string.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

enum { ROUNDS = 300, MOST = 700, STEPS = 2000 };

/* Addresses of slots, a few of them far away. */
static uint64_t
some_address(struct random *random) {
    uint64_t base = random_chance(random, 90) ? UINT64_C(0x7f0000000000) : UINT64_C(0x550000000000);
    return base + 40 * (uint64_t)(1 + random_below(random, MOST));
}

struct slow {
    uint64_t address[2 * MOST];
    uint32_t site[2 * MOST];
    size_t size;
};

static size_t
slow_find(const struct slow *slow, uint64_t address) {
    size_t i = 0;
    while (i < slow->size && slow->address[i] != address) i++;
    return i;
}

static void
check_same(const struct hd_living *living, const struct slow *slow) {
    size_t found = 0;
    CHECK_EQUAL(slow->size, living->size);
    for (size_t i = 0; i < slow->size; i++) {
        const struct hd_life *life = hd_living_find(living, slow->address[i]);
        CHECK(life && life->address == slow->address[i]);
        CHECK_EQUAL(slow->site[i], life->site);
    }
    for (size_t i = 0; i < living->places; i++) found += living->entries[i].address != 0;
    CHECK_EQUAL(slow->size, found);
}

static void
add(struct hd_living *living, struct slow *slow, uint64_t address, uint32_t site) {
    size_t at = slow_find(slow, address);
    struct hd_life *life = hd_living_add(living, address);
    CHECK(life);
    CHECK_EQUAL(at < slow->size ? slow->site[at] : 0, life->site);
    life->site = slow->site[at] = site;
    slow->address[at] = address;
    if (at == slow->size) slow->size++;
}

static void
take(struct hd_living *living, struct slow *slow, uint64_t address) {
    size_t at = slow_find(slow, address);
    struct hd_life *life = hd_living_find(living, address);
    CHECK_EQUAL(at < slow->size, life != NULL);
    if (!life) return;
    hd_living_remove(living, life);
    slow->size--;
    slow->address[at] = slow->address[slow->size];
    slow->site[at] = slow->site[slow->size];
}

/* What compaction does: each address becomes another one; those of one kind are gone. */
static uint64_t
moved(uint64_t address, void *data) {
    const uint64_t *by = data;
    return address / 40 % 11 == 0 ? 0 : address + *by;
}

static void
move_all(struct hd_living *living, struct slow *slow, uint64_t by) {
    struct slow after = {.size = 0};
    for (size_t i = 0; i < slow->size; i++) {
        uint64_t address = moved(slow->address[i], &by);
        if (!address) continue;
        after.address[after.size] = address;
        after.site[after.size++] = slow->site[i];
    }
    CHECK(hd_living_move(living, moved, &by));
    *slow = after;
}

static void
test_living(struct random *random) {
    struct hd_living living = {0};
    struct slow slow = {.size = 0};
    uint32_t most = 1 + random_below(random, STEPS);
    CHECK(!hd_living_find(&living, 40));
    for (uint32_t i = 1; i < most; i++) {
        if (random_chance(random, 60)) add(&living, &slow, some_address(random), i);
        else take(&living, &slow, some_address(random));
        if (i % 100 == 0) check_same(&living, &slow);
    }
    check_same(&living, &slow);
    if (random_chance(random, 50)) move_all(&living, &slow, 400000);
    check_same(&living, &slow);
    hd_living_free(&living);
    CHECK(living.size == 0 && !hd_living_find(&living, 40));
}

static void
test_texts(struct random *random) {
    struct hd_texts texts = {0};
    char list[200][24];
    uint32_t numbers[200], next = 0;
    for (int i = 0; i < 200; i++) {
        int size = snprintf(list[i], sizeof list[i], "%u", random_below(random, 150));
        int known = 0;
        while (strcmp(list[known], list[i]) != 0) known++;
        numbers[i] = known < i ? numbers[known] : next++;
        CHECK_EQUAL(numbers[i], hd_texts_number(&texts, list[i], (size_t)size));
    }
    CHECK_EQUAL(next, texts.size);
    for (int i = 0; i < 200; i++) {
        CHECK_EQUAL(strlen(list[i]), texts.list[numbers[i]].size);
        CHECK(memcmp(hd_texts_at(&texts, numbers[i]), list[i], strlen(list[i])) == 0);
    }
    CHECK_EQUAL(next, hd_texts_number(&texts, "", 0));
    hd_texts_free(&texts);
}

static void
test_cells(struct random *random) {
    static uint64_t sums[4][5][6];
    struct hd_cells cells = {0};
    memset(sums, 0, sizeof sums);
    for (int i = 0; i < 500; i++) {
        uint32_t run = random_below(random, 4), site = random_below(random, 5);
        uint32_t klass = random_below(random, 6);
        struct hd_cell *cell = hd_cells_at(&cells, run, site, klass);
        CHECK(cell && cell->run == run && cell->site == site && cell->klass == klass);
        hd_cell_count(cell, 40, random_below(random, 5));
        CHECK_EQUAL(++sums[run][site][klass], cell->objects);
        CHECK_EQUAL(cell->objects, cell->ages[0] + cell->ages[1] + cell->ages[2]);
        CHECK_EQUAL(40 * cell->objects, cell->bytes);
    }
    hd_cells_free(&cells);
}

int
main(void) {
    for (check_seed = 0; check_seed < ROUNDS; check_seed++) {
        struct random random = {check_seed};
        test_living(&random);
        test_texts(&random);
        test_cells(&random);
    }
    return 0;
}
