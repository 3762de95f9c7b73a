/*
 * Place in the flow: see leaks.h. Growth inside of growth: sessions become more, and so do their
 * messages. If new messages belong to new sessions, there is one leak, the sessions. If they belong
 * to sessions that were there before, the messages are a leak of their own.
 */
#include <stdlib.h>

#include "leaks.h"
#include "progress.h"

/* By trail: how many newcomers an old object of the trail above holds, and how many a new one. */
struct held_by {
    uint32_t old, new;
};

/* The nearest object above that a program sees, and that grows; HG_NO_NODE if it does not. */
static uint32_t
growing_above(const struct hg_growth *growth, const struct hg_growth_dump *dump,
              const uint8_t *grows, uint32_t node) {
    uint32_t above = hg_visible_above(growth, dump->trail[node]);
    if (!grows[above]) return HG_NO_NODE;
    for (node = dump->ways.parent[node]; node != HG_NO_NODE; node = dump->ways.parent[node]) {
        if (dump->trail[node] == above) return node;
    }
    return HG_NO_NODE;
}

static bool
is_new(const struct hg_growth_dump *dump, const struct hg_growth_dump *before, uint32_t node) {
    uint32_t there = hg_node_at(before->graph, hg_address(dump->graph, node));
    return there == HG_NO_NODE || before->trail[there] != dump->trail[node];
}

enum hg_status
hg_leaks_nested(const struct hg_growth *growth, struct hg_task *task, const uint8_t *grows,
                uint8_t *outgrows) {
    const struct hg_growth_dump *dump = &growth->dump[growth->dumps - 1], *before = dump - 1;
    struct held_by *held = calloc(growth->trails.count, sizeof(*held));
    if (!held) return HG_NO_MEMORY;
    bool goes_on = true;
    for (uint32_t node = 0; node < dump->graph->objects && goes_on; node++) {
        if (node % HG_STRIDE == 0) goes_on = hg_step(task, node);
        uint32_t trail = dump->trail[node];
        if (trail == HG_NO_TRAIL || !grows[trail] || !is_new(dump, before, node)) continue;
        uint32_t above = growing_above(growth, dump, grows, node);
        if (above == HG_NO_NODE) continue;
        if (is_new(dump, before, above)) held[trail].new++;
        else held[trail].old++;
    }
    for (uint32_t trail = 1; trail < growth->trails.count; trail++)
        outgrows[trail] = held[trail].old > held[trail].new;
    free(held);
    return goes_on ? HG_OK : HG_STOPPED;
}
