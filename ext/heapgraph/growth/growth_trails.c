/*
 * Place in the flow: see growth_trails.h.
 */
#include "growth/growth_trails.h"

#include "base/array.h"
#include "base/bytes.h"

#include <stdlib.h>

#define FIRST_ROOM 4096

struct hg_trail_slot {
    uint64_t step;
    uint32_t from;
    uint32_t to; /* 0 if the slot is free: no step leads to the first trail */
};

static uint32_t
slot_of(uint32_t mask, uint32_t from, uint64_t step) {
    uint64_t hash = (step ^ from * HG_GOLDEN) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(hash >> 32) & mask;
}

bool
hg_trails_init(struct hg_trails *trails) {
    *trails = (struct hg_trails){.room = FIRST_ROOM, .mask = 2 * FIRST_ROOM - 1};
    trails->items = malloc(trails->room * sizeof(*trails->items));
    trails->slots = hg_zeroed((size_t)trails->mask + 1, sizeof(*trails->slots));
    if (!trails->items || !trails->slots) {
        hg_trails_free(trails);
        return false;
    }
    trails->items[trails->count++] = (struct hg_trail){.parent = HG_NO_TRAIL};
    return true;
}

void
hg_trails_free(struct hg_trails *trails) {
    free(trails->items);
    free(trails->slots);
    *trails = (struct hg_trails){0};
}

static void
put(struct hg_trail_slot *slots, uint32_t mask, struct hg_trail_slot entry) {
    uint32_t at = slot_of(mask, entry.from, entry.step);
    while (slots[at].to) at = (at + 1) & mask;
    slots[at] = entry;
}

static bool
grow_slots(struct hg_trails *trails) {
    if (trails->mask > UINT32_MAX / 4) return false;
    uint32_t mask = trails->mask * 2 + 1;
    struct hg_trail_slot *slots = hg_zeroed((size_t)mask + 1, sizeof(*slots));
    if (!slots) return false;
    for (uint32_t i = 0; i <= trails->mask; i++) {
        if (trails->slots[i].to) put(slots, mask, trails->slots[i]);
    }
    free(trails->slots);
    trails->slots = slots;
    trails->mask = mask;
    return true;
}

static uint32_t
add(struct hg_trails *trails, uint32_t from, uint64_t step) {
    if (trails->count == trails->room) {
        if (trails->room > UINT32_MAX / 4) return HG_NO_TRAIL;
        struct hg_trail *items = realloc(trails->items, (size_t)trails->room * 2 * sizeof(*items));
        if (!items) return HG_NO_TRAIL;
        trails->items = items;
        trails->room *= 2;
    }
    trails->items[trails->count] = (struct hg_trail){.step = step, .parent = from};
    return trails->count++;
}

/* The trail on the path to `from` (itself included) where the step has occurred, or HG_NO_TRAIL. */
static uint32_t
occurrence(const struct hg_trails *trails, uint32_t from, uint64_t step, bool named) {
    const struct hg_trail *items = trails->items;
    for (uint32_t at = from; at != 0; at = items[at].parent) {
        if (items[at].step != step) continue;
        if (named || items[items[at].parent].step == items[from].step) return at;
    }
    return HG_NO_TRAIL;
}

uint32_t
hg_trails_follow(struct hg_trails *trails, uint32_t from, uint64_t step, bool named) {
    uint32_t at = slot_of(trails->mask, from, step);
    for (; trails->slots[at].to; at = (at + 1) & trails->mask) {
        if (trails->slots[at].from == from && trails->slots[at].step == step)
            return trails->slots[at].to;
    }
    uint32_t to = occurrence(trails, from, step, named);
    if (to == HG_NO_TRAIL) to = add(trails, from, step);
    if (to == HG_NO_TRAIL) return HG_NO_TRAIL;
    if (trails->used >= trails->mask / 2 && !grow_slots(trails)) return HG_NO_TRAIL;
    put(trails->slots, trails->mask, (struct hg_trail_slot){.step = step, .from = from, .to = to});
    trails->used++;
    return to;
}
