/*
 * What has been put into a table is found in it, whatever the hashes are, and nothing else is; half
 * of the slots stay free. An array that grows keeps what it has.
 */
#include "base/array.h"
#include "base/slots.h"
#include "../check.h"

enum { THINGS = 5000, FIRST = 8 };

struct things {
    uint64_t *key;
    size_t count, room;
    uint64_t mask; /* of the hash: the fewer bits, the more things have the same */
    struct hg_slots slots;
};

static uint64_t
hash_of(const void *data, uint32_t number) {
    const struct things *things = data;
    return things->key[number] & things->mask;
}

/* The slot of a key, a free one if it is not there. */
static size_t
slot_of(const struct things *things, uint64_t key) {
    size_t at = hg_slots_first(&things->slots, key & things->mask);
    while (things->slots.slot[at] && things->key[things->slots.slot[at] - 1] != key)
        at = hg_slots_next(&things->slots, at);
    return at;
}

static void
put(struct things *things, uint64_t key) {
    CHECK(hg_grow(&things->key, things->count, &things->room, 3, sizeof(*things->key)));
    CHECK(hg_slots_grow(&things->slots, things->count, FIRST, hash_of, things));
    size_t at = slot_of(things, key);
    CHECK_EQUAL(0, things->slots.slot[at]);
    things->key[things->count] = key;
    things->slots.slot[at] = (uint32_t)++things->count;
    CHECK(2 * things->count <= things->slots.room);
    CHECK(things->count <= things->room && things->room <= 2 * things->count + 3);
}

static void
test_found(uint64_t mask) {
    struct things things = {.mask = mask};
    for (uint64_t i = 0; i < THINGS; i++) put(&things, 3 * i);
    CHECK_EQUAL(0, things.slots.room & (things.slots.room - 1));
    for (uint64_t i = 0; i < THINGS; i++) {
        CHECK_EQUAL(i + 1, things.slots.slot[slot_of(&things, 3 * i)]);
        CHECK_EQUAL(0, things.slots.slot[slot_of(&things, 3 * i + 1)]);
    }
    hg_slots_free(&things.slots);
    CHECK(!things.slots.slot && things.slots.room == 0);
    free(things.key);
}

/* More than there is, and more than a number of bytes can be. */
static void
test_too_large(void) {
    char *bytes = NULL;
    size_t room = 0;
    CHECK(hg_grow(&bytes, 0, &room, 16, 1));
    char *before = bytes;
    CHECK(hg_grow(&bytes, 15, &room, 16, 1));
    CHECK(!hg_grow(&bytes, 16, &room, 16, SIZE_MAX / 8));
    CHECK(bytes == before && room == 16);
    CHECK(hg_grow(&bytes, 16, &room, 16, 1));
    CHECK_EQUAL(32, room);
    free(bytes);
}

int
main(void) {
    test_found(UINT64_MAX);
    test_found(0xff);
    test_found(0);
    test_too_large();
    return 0;
}
