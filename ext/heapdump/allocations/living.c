/*
 * Objects that live, by their addresses; see living.h.
 */
#include "allocations/living.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"

enum { FEWEST_PLACES = 256 };

static size_t
home(const struct hd_living *living, uint64_t address) {
    return (size_t)(hd_hash(address) >> 24) & (living->places - 1);
}

/* The place of this address, or the empty one where it would be. */
static struct hd_life *
place_of(const struct hd_living *living, uint64_t address) {
    size_t mask = living->places - 1, i = home(living, address);
    while (living->entries[i].address && living->entries[i].address != address) i = (i + 1) & mask;
    return &living->entries[i];
}

struct hd_life *
hd_living_find(const struct hd_living *living, uint64_t address) {
    if (living->size == 0) return NULL;
    struct hd_life *entry = place_of(living, address);
    return entry->address ? entry : NULL;
}

static bool
is_in_order(const struct hd_living *living) {
    for (size_t i = 0; i < living->places; i++) {
        const struct hd_life *entry = &living->entries[i];
        if (entry->address && place_of(living, entry->address) != entry) return false;
    }
    return true;
}

/*
 * Puts the entries of the first half, which was the whole table, where they belong in both. It
 * begins behind an empty place before the end of that half, so that a run of entries that goes on
 * at its beginning is taken in the order in which it was probed. Each entry was at its home or
 * behind it, with no empty place between; now it comes to its home, there or as far on in the other
 * half, or behind it, and passes over none but places whose entries were taken before.
 */
static void
spread(struct hd_living *living) {
    size_t half = living->places / 2, first = half - 1;
    while (living->entries[first].address) first--; // a third is empty
    for (size_t i = 1; i < half; i++) {
        struct hd_life *from = &living->entries[(first + i) & (half - 1)], entry = *from;
        if (!entry.address) continue;
        from->address = 0;
        *place_of(living, entry.address) = entry;
    }
}

/* The table grows where it is: a second one beside it would be half as much memory again. */
static bool
room(struct hd_living *living) {
    if (living->size * 3 < living->places * 2) return true;
    size_t before = living->places, places = before ? before * 2 : FEWEST_PLACES;
    if (places > SIZE_MAX / sizeof *living->entries) return false;
    struct hd_life *entries = realloc(living->entries, places * sizeof *entries);
    if (!entries) return false;
    memset(entries + before, 0, (places - before) * sizeof *entries);
    living->entries = entries;
    living->places = places;
    if (before) spread(living);
    HD_CHECK(is_in_order(living));
    return true;
}

struct hd_life *
hd_living_add(struct hd_living *living, uint64_t address) {
    HD_CHECK(address != 0);
    if (!room(living)) return NULL;
    struct hd_life *entry = place_of(living, address);
    if (!entry->address) {
        *entry = (struct hd_life){.address = address};
        living->size++;
    }
    return entry;
}

/* Entries behind the removed one move forward, so that no search ends before it finds them. */
void
hd_living_remove(struct hd_living *living, struct hd_life *entry) {
    HD_CHECK(entry >= living->entries && entry < living->entries + living->places);
    HD_CHECK(entry->address != 0 && living->size > 0);
    size_t mask = living->places - 1, hole = (size_t)(entry - living->entries);
    for (size_t i = (hole + 1) & mask; living->entries[i].address; i = (i + 1) & mask) {
        size_t distance = (i - home(living, living->entries[i].address)) & mask;
        if (distance < ((i - hole) & mask)) continue; // its home lies behind the hole
        living->entries[hole] = living->entries[i];
        hole = i;
    }
    living->entries[hole] = (struct hd_life){0};
    living->size--;
}

/*
 * Where an entry is removed, another one may move in, so the place is looked at again. One that
 * moves from the beginning of the table to its end was looked at before; once more does no harm.
 */
void
hd_living_reap(struct hd_living *living, bool (*dead)(uint64_t, void *), void *data) {
    for (size_t i = 0; i < living->places;) {
        struct hd_life *entry = &living->entries[i];
        if (entry->address && dead(entry->address, data)) hd_living_remove(living, entry);
        else i++;
    }
}

bool
hd_living_move(struct hd_living *living, uint64_t (*move)(uint64_t, void *), void *data) {
    if (living->size == 0) return true;
    struct hd_living moved = {.places = living->places};
    moved.entries = calloc(moved.places, sizeof *moved.entries);
    if (!moved.entries) {
        hd_living_free(living);
        return false;
    }
    for (size_t i = 0; i < living->places; i++) {
        struct hd_life entry = living->entries[i];
        if (!entry.address) continue;
        entry.address = move(entry.address, data);
        if (!entry.address) continue;
        struct hd_life *place = place_of(&moved, entry.address);
        if (!place->address) moved.size++;
        *place = entry;
    }
    hd_living_free(living);
    *living = moved;
    return true;
}

size_t
hd_living_memory(const struct hd_living *living) {
    return living->places * sizeof *living->entries;
}

void
hd_living_free(struct hd_living *living) {
    free(living->entries);
    *living = (struct hd_living){0};
}
