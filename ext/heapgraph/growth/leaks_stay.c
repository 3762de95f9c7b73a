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
#include "base/blocks.h"
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

enum { THREADS = 2 };

/* What is counted in one dump. Each thread has sums of its own. */
struct counting {
    const struct hg_growth_dump *dump;
    const uint8_t *may;    /* by trail: may_stay */
    const uint32_t *same;  /* by node, as above */
    const uint8_t *before; /* the `stays` of the dump before; NULL if there are none */
    uint8_t *stays;        /* by node: whether the object stays */
    struct hg_leak_stayed *sum[THREADS]; /* by trail */
    unsigned threads;
};

static enum hg_status
count_block(void *data, unsigned thread, uint64_t from, uint64_t to) {
    struct counting *counting = data;
    const struct hg_growth_dump *dump = counting->dump;
    struct hg_leak_stayed *sum = counting->sum[thread];
    for (uint32_t node = (uint32_t)from; node < to; node++) {
        uint32_t trail = dump->trail[node];
        if (trail == HG_NO_TRAIL || !counting->may[trail]) continue;
        uint32_t was = same_before(dump, dump - 1, counting->same, node);
        if (was == HG_NO_NODE) continue;
        counting->stays[node] = 1;
        sum[trail].once++;
        if (counting->before && counting->before[was]) sum[trail].twice++;
    }
    return HG_OK;
}

/* Counts the objects that stay; the sums are those of the first thread. HG_OK · HG_STOPPED. */
static enum hg_status
count_dump(struct counting *counting, struct hg_task *task, uint32_t trails) {
    enum hg_status status = hg_each_block(counting->dump->graph->objects, counting->threads, task,
                                          count_block, counting);
    for (unsigned thread = 1; thread < counting->threads; thread++) {
        for (uint32_t trail = 0; trail < trails; trail++) {
            counting->sum[0][trail].once += counting->sum[thread][trail].once;
            counting->sum[0][trail].twice += counting->sum[thread][trail].twice;
        }
    }
    return status;
}

/* Makes the sums of all threads. Returns false if there is no memory. */
static bool
make_sums(struct counting *counting, uint32_t trails) {
    bool made = true;
    for (unsigned thread = 0; thread < counting->threads; thread++) {
        counting->sum[thread] = calloc(trails, sizeof(**counting->sum));
        made &= counting->sum[thread] != NULL;
    }
    return made;
}

/* Counts in one dump with the marks of the dump before, and replaces these. */
static enum hg_status
stay_in(const struct hg_growth *growth, uint32_t number, const uint8_t *may, struct hg_task *task,
        struct hg_leaks *leaks, uint8_t **marks) {
    const struct hg_growth_dump *dump = &growth->dump[number];
    uint32_t *same = hg_array_raw(dump->graph->nodes, sizeof(*same));
    unsigned processors = hg_processors();
    struct counting counting = {
        .dump = dump,
        .may = may,
        .same = same,
        .before = *marks,
        .stays = hg_array(dump->graph->nodes, 1),
        .threads = processors < THREADS ? processors : THREADS,
    };
    enum hg_status status = HG_NO_MEMORY;
    hg_phase(task, "what stays", dump->graph->objects);
    if (make_sums(&counting, growth->trails.count) && same && counting.stays) {
        hg_index_match(dump->graph->index, growth->dump[number - 1].graph->index, same);
        status = count_dump(&counting, task, growth->trails.count);
    }
    leaks->stayed[number] = counting.sum[0];
    for (unsigned thread = 1; thread < counting.threads; thread++) free(counting.sum[thread]);
    hg_array_free(same);
    hg_array_free(*marks);
    *marks = counting.stays;
    return status;
}

enum hg_status
hg_leaks_stay(const struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks) {
    if (growth->dumps < 3) return HG_OK; // what stays in one step alone says nothing
    uint8_t *marks = NULL, *may = hg_array(growth->trails.count, 1);
    if (!may) return HG_NO_MEMORY;
    for (uint32_t trail = 0; trail < growth->trails.count; trail++)
        may[trail] = may_stay(growth, trail);
    enum hg_status status = HG_OK;
    for (uint32_t number = 1; number < growth->dumps && status == HG_OK; number++)
        status = stay_in(growth, number, may, task, leaks, &marks);
    hg_array_free(marks);
    hg_array_free(may);
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
