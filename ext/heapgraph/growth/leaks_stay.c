/*
 * Place in the flow: see leaks.h. Objects that stay among many that come and go: for example, of a
 * thousand requests forty are never freed. The number of all requests may rise and fall. But the
 * number of those that a dump and the one before it both have can only rise, as long as none of
 * them is freed.
 *
 * The address alone does not show that an object is the same: a slot that was freed is soon used
 * again, and often for an object of the same kind. So what the object holds must be the same as
 * well. Objects that have changed count as others here; that makes a leak look smaller, and never
 * larger.
 */
#include <stdlib.h>

#include "base/array.h"
#include "base/progress.h"
#include "growth/leak.h"
#include "records/index.h"

/*
 * The node in the dump before of the object that a node is, or HG_NO_NODE if it was not there.
 * `same` has the nodes there at the addresses of the nodes here.
 */
static uint32_t
same_before(const struct hg_growth_dump *dump, const struct hg_growth_dump *before,
            const uint32_t *same, uint32_t node) {
    const struct hg_graph *now = dump->graph, *then = before->graph;
    uint32_t was = same[node];
    if (was == HG_NO_NODE || before->trail[was] != dump->trail[node]) return HG_NO_NODE;
    if (hg_memsize(now, node) != hg_memsize(then, was)) return HG_NO_NODE;
    uint32_t edges = hg_first(now, node + 1) - hg_first(now, node);
    if (edges != hg_first(then, was + 1) - hg_first(then, was)) return HG_NO_NODE;
    for (uint32_t i = 0; i < edges; i++) {
        uint32_t target = hg_target(now, hg_first(now, node) + i);
        // an object refers to objects alone
        if (target >= now->objects || same[target] != hg_target(then, hg_first(then, was) + i))
            return HG_NO_NODE;
    }
    return was;
}

/* Whether there are more objects on a trail in the last dump than in the first. */
static bool
may_stay(const struct hg_growth *growth, uint32_t trail) {
    return hg_growth_count(growth, growth->dumps - 1, trail) > hg_growth_count(growth, 0, trail);
}

/*
 * Counts the objects that stay in one dump. `same` is as above. `stays` marks them by node;
 * `stayed` has the marks of the dump before (NULL if there are none). Returns false if the task
 * shall stop.
 */
static bool
count_dump(const struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks,
           uint32_t number, const uint32_t *same, const uint8_t *stayed, uint8_t *stays) {
    const struct hg_growth_dump *dump = &growth->dump[number];
    for (uint32_t node = 0; node < dump->graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) return false;
        uint32_t trail = dump->trail[node];
        if (trail == HG_NO_TRAIL || !may_stay(growth, trail)) continue;
        uint32_t was = same_before(dump, dump - 1, same, node);
        if (was == HG_NO_NODE) continue;
        stays[node] = 1;
        leaks->stayed[number][trail].once++;
        if (stayed && stayed[was]) leaks->stayed[number][trail].twice++;
    }
    return true;
}

enum hg_status
hg_leaks_stay(const struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks) {
    uint8_t *before = NULL;
    enum hg_status status = HG_OK;
    if (growth->dumps < 3) return HG_OK; // what stays in one step alone says nothing
    for (uint32_t number = 1; number < growth->dumps && status == HG_OK; number++) {
        leaks->stayed[number] = calloc(growth->trails.count, sizeof(**leaks->stayed));
        uint8_t *stays = hg_array(growth->dump[number].graph->nodes, 1);
        uint32_t *same = hg_array_raw(growth->dump[number].graph->nodes, sizeof(*same));
        hg_phase(task, "what stays", growth->dump[number].graph->objects);
        if (!leaks->stayed[number] || !stays || !same) status = HG_NO_MEMORY;
        else {
            hg_index_match(growth->dump[number].graph->index, growth->dump[number - 1].graph->index,
                           same);
            if (!count_dump(growth, task, leaks, number, same, before, stays)) status = HG_STOPPED;
        }
        hg_array_free(same);
        hg_array_free(before);
        before = stays;
    }
    hg_array_free(before);
    return status;
}

bool
hg_leaks_stays(const struct hg_growth *growth, const struct hg_leaks *leaks, uint32_t trail) {
    if (growth->dumps < growth->rules.stay_dumps || !may_stay(growth, trail)) return false;
    for (uint32_t number = 2; number < growth->dumps; number++) {
        if (leaks->stayed[number][trail].once <
            leaks->stayed[number - 1][trail].once + growth->rules.stay_per_step)
            return false;
    }
    return true;
}
