/*
 * Place in the flow: see leaks.h. Growth inside of growth: for example, sessions become more, and
 * so do their messages. If new messages belong to new sessions, there is one leak, the sessions. If
 * new messages belong to sessions that were there before, the messages are a leak of their own.
 */
#include <stdlib.h>

#include "base/progress.h"
#include "growth/leak.h"

/*
 * By trail: how many newcomers are held by other newcomers of what grows, and how many by others.
 */
struct held_by {
    uint32_t company, others;
};

/* The nearest holder on the path to a node that a program sees, or HG_NO_NODE. */
static uint32_t
visible_above(const struct hg_growth *growth, const struct hg_growth_dump *dump, uint32_t node) {
    for (node = dump->ways.parent[node]; node != HG_NO_NODE; node = dump->ways.parent[node]) {
        if (hg_is_visible(growth, dump->trail[node])) return node;
    }
    return HG_NO_NODE;
}

/* Whether a trail is `other` or is below it: the elements of a list hold each other. */
static bool
is_below(const struct hg_growth *growth, uint32_t trail, uint32_t other) {
    while (trail > other) trail = growth->trails.items[trail].parent;
    return trail == other;
}

enum hg_status
hg_leaks_nested(const struct hg_growth *growth, struct hg_task *task, const uint8_t *grows,
                uint8_t *nested) {
    const struct hg_growth_dump *dump = &growth->dump[growth->dumps - 1];
    struct held_by *held = calloc(growth->trails.count, sizeof(*held));
    if (!held) return HG_NO_MEMORY;
    bool goes_on = true;
    for (uint32_t node = 0; node < dump->graph->objects && goes_on; node++) {
        if (node % HG_STRIDE == 0) goes_on = hg_step(task, node);
        uint32_t trail = dump->trail[node];
        if (trail == HG_NO_TRAIL || !grows[trail] || !hg_growth_is_new(growth, node)) continue;
        uint32_t above = visible_above(growth, dump, node);
        if (above == HG_NO_NODE) continue;
        if (is_below(growth, dump->trail[above], trail)) continue;
        bool new_above = grows[dump->trail[above]] && hg_growth_is_new(growth, above);
        if (new_above) held[trail].company++;
        else held[trail].others++;
    }
    for (uint32_t trail = 1; trail < growth->trails.count; trail++)
        nested[trail] = held[trail].company > held[trail].others;
    free(held);
    return goes_on ? HG_OK : HG_STOPPED;
}
