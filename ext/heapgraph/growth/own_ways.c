/*
 * Place in the flow: see own_ways.h.
 */
#include "growth/own_ways.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/blocks.h"
#include "base/progress.h"
#include "growth/growth_follow.h"

enum {
    LATELY = 1 << 14,
    AHEAD = 16, /* a walk in the order of the paths fetches so many nodes before it needs them */
};

/* A path that was seen lately, by the hash of its steps, and its trail. */
struct lately {
    uint64_t path;
    uint32_t trail; /* 0 if there is none */
};

/* What hg_own_ways_free frees. */
struct owned {
    struct hg_ways ways;
    uint32_t *trail, *first;
    struct hg_own_trail *trails;
};

struct finding {
    const struct hg_graph *graph;
    struct owned *owned;
    struct hg_steps steps;
    struct hg_best_paths paths;
    struct hg_trails trails;
    struct hg_numbers nodes; /* the first node on each trail but the first */
};

/* The trail of what a local variable holds that a block has captured: as if it had not. */
static uint32_t
trail_of_captured(struct finding *finding, uint32_t env, uint32_t node) {
    const struct hg_ways *ways = &finding->owned->ways;
    uint64_t step = hg_steps_captured(&finding->steps, ways->name[env], ways->name[node], node);
    return hg_trails_follow(&finding->trails, finding->owned->trail[ways->parent[env]], step, true);
}

/* The trail of a node; that of its parent is known already. HG_NO_TRAIL if there is no memory. */
static uint32_t
trail_of(struct finding *finding, uint32_t node) {
    const struct owned *owned = finding->owned;
    const struct hg_best_paths *paths = &finding->paths;
    uint32_t count = finding->trails.count, before = hg_trail_before(paths, node), trail = 0;
    if (owned->ways.module[node]) trail = hg_trail_begin(&finding->trails, &finding->steps, node);
    else if (before != HG_NO_NODE &&
             hg_is_captured(finding->graph, &owned->ways, before, owned->ways.name[node]))
        trail = trail_of_captured(finding, before, node);
    else if (before != HG_NO_NODE) // or else it is the virtual root
        trail = hg_trail_follow(&finding->trails, &finding->steps, paths, owned->trail[before],
                                node);
    if (trail == count) hg_numbers_add(&finding->nodes, node);
    return trail;
}

/* As hg_is_shared_buffer, which is asked only for the few nodes that a field leads to. */
static bool
is_buffer(const struct finding *finding, uint32_t node) {
    return hg_edge_kind(finding->owned->ways.name[node]) == HG_E_FIELD &&
           hg_is_shared_buffer(&finding->paths, node);
}

/*
 * The trail of a node that has the path of one that was seen lately, as nearly all objects of large
 * heaps have. A shared buffer has the path of its array, and a trail of its own.
 */
static uint32_t
trail_by_path(struct finding *finding, struct lately *lately, uint32_t node) {
    uint64_t path = finding->owned->ways.hash[node];
    struct lately *there = &lately[path % LATELY];
    bool buffer = is_buffer(finding, node);
    if (there->path == path && there->trail && !buffer) return there->trail;
    uint32_t trail = trail_of(finding, node);
    if (!buffer) *there = (struct lately){path, trail};
    return trail;
}

/* Fetches what trail_by_path needs of a node that comes soon. */
static void
fetch_node(const struct owned *owned, uint32_t i) {
    if (i >= owned->ways.reached) return;
    uint32_t node = owned->ways.order[i];
    __builtin_prefetch(&owned->ways.hash[node]);
    __builtin_prefetch(&owned->ways.name[node]);
    __builtin_prefetch(&owned->trail[node], 1);
}

static enum hg_status
find_trails(struct finding *finding, struct hg_task *task) {
    struct owned *owned = finding->owned;
    uint32_t reached = owned->ways.reached;
    struct lately *lately = calloc(LATELY, sizeof(*lately));
    enum hg_status status = lately && hg_trails_init(&finding->trails) ? HG_OK : HG_NO_MEMORY;
    hg_phase(task, "trails", reached);
    for (uint32_t i = 0; i < reached && status == HG_OK; i++) {
        if (i % HG_STRIDE == 0 && !hg_step(task, i)) status = HG_STOPPED;
        fetch_node(owned, i + AHEAD);
        uint32_t node = owned->ways.order[i];
        uint32_t trail = trail_by_path(finding, lately, node);
        if (trail == HG_NO_TRAIL || finding->steps.failed || finding->nodes.failed)
            status = HG_NO_MEMORY;
        owned->trail[node] = trail;
    }
    free(lately);
    hg_ways_forget_hashes(&owned->ways);
    return status;
}

/* Notes the first object with a parent on each trail. */
static enum hg_status
note_firsts(const struct finding *finding, struct hg_own_ways *own) {
    struct owned *owned = finding->owned;
    uint8_t *seen = hg_array(finding->trails.count, 1);
    own->first = owned->first = malloc(finding->trails.count * sizeof(*owned->first));
    for (uint32_t i = 0; seen && owned->first && i < owned->ways.reached; i++) {
        if (i + AHEAD < owned->ways.reached)
            __builtin_prefetch(&owned->trail[owned->ways.order[i + AHEAD]]);
        uint32_t node = owned->ways.order[i];
        if (seen[owned->trail[node]] || node >= finding->graph->objects) continue;
        if (owned->ways.parent[node] == HG_NO_NODE) continue;
        seen[owned->trail[node]] = 1;
        owned->first[own->firsts++] = node;
    }
    enum hg_status status = seen && owned->first ? HG_OK : HG_NO_MEMORY;
    hg_array_free(seen);
    return status;
}

static void
sum_up(const struct finding *finding) {
    const struct owned *owned = finding->owned;
    for (uint32_t node = 0; node < finding->graph->objects; node++) {
        if (owned->trail[node] == HG_NO_TRAIL) continue;
        uint32_t owner = node;
        while (is_buffer(finding, owner)) owner = owned->ways.parent[owner];
        owned->trails[owned->trail[node]].count++;
        owned->trails[owned->trail[owner]].bytes += hg_memsize(finding->graph, node);
    }
}

/* Lists the trails with what is on them. */
static enum hg_status
list_trails(const struct finding *finding, struct hg_own_ways *own) {
    struct owned *owned = finding->owned;
    uint32_t count = finding->trails.count;
    own->count = count;
    own->trails = owned->trails = calloc(count, sizeof(*owned->trails));
    if (!owned->trails) return HG_NO_MEMORY;
    for (uint32_t trail = 0; trail < count; trail++) {
        const struct hg_trail *item = &finding->trails.items[trail];
        owned->trails[trail].step = trail ? item->step : 0;
        owned->trails[trail].parent = item->parent;
        owned->trails[trail].node = trail ? finding->nodes.items[trail - 1] : HG_NO_NODE;
    }
    sum_up(finding);
    return note_firsts(finding, own);
}

static enum hg_status
find(struct finding *finding, struct hg_task *task, struct hg_own_ways *own) {
    struct owned *owned = finding->owned;
    const struct hg_graph *graph = finding->graph;
    owned->trail = hg_array_raw(graph->nodes, sizeof(*owned->trail));
    if (!hg_steps_init(&finding->steps, graph) || !owned->trail) return HG_NO_MEMORY;
    memset(owned->trail, 0xff, graph->nodes * sizeof(*owned->trail)); // HG_NO_TRAIL
    enum hg_status status = hg_ways_build(graph, &finding->steps, task, &owned->ways);
    if (status != HG_OK) return status;
    finding->paths = (struct hg_best_paths){graph, hg_ways_parents(&owned->ways)};
    status = find_trails(finding, task);
    return status == HG_OK ? list_trails(finding, own) : status;
}

static void
free_owned(struct owned *owned) {
    hg_ways_free(&owned->ways);
    hg_array_free(owned->trail);
    free(owned->first);
    free(owned->trails);
    free(owned);
}

/* -- the differences -- */

struct differing {
    const struct hg_parents *paths;
    struct hg_ways *ways;
};

static enum hg_status
subtract_some(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct differing *differing = data;
    (void)thread;
    for (uint32_t node = (uint32_t)from; node < to; node++) {
        differing->ways->parent[node] -= hg_parent(differing->paths, node);
        differing->ways->name[node] -= hg_parent_name(differing->paths, node);
    }
    return HG_OK;
}

static enum hg_status
subtract(const struct hg_graph *graph, const struct hg_parents *paths, struct hg_task *task,
         struct hg_ways *ways) {
    struct differing differing = {paths, ways};
    hg_phase(task, "ways", graph->nodes);
    return hg_each_block(graph->nodes, hg_block_threads(graph->nodes), task, subtract_some,
                         &differing);
}

enum hg_status
hg_own_ways_build(const struct hg_graph *graph, const struct hg_parents *paths,
                  struct hg_task *task, struct hg_own_ways *own) {
    *own = (struct hg_own_ways){0};
    struct finding finding = {.graph = graph, .owned = calloc(1, sizeof(*finding.owned))};
    if (!finding.owned) return HG_NO_MEMORY;
    struct hg_ways *ways = &finding.owned->ways;
    enum hg_status status = find(&finding, task, own);
    if (status == HG_OK && paths) status = subtract(graph, paths, task, ways);
    hg_steps_free(&finding.steps);
    hg_trails_free(&finding.trails);
    hg_numbers_free(&finding.nodes);
    if (status != HG_OK) {
        free_owned(finding.owned);
        *own = (struct hg_own_ways){0};
        return status;
    }
    own->owned = finding.owned;
    own->reached = ways->reached;
    own->order.array = ways->order;
    own->parent.array = ways->parent;
    own->name.array = ways->name;
    own->rank.array = ways->rank;
    own->module.array = ways->module;
    own->trail.array = finding.owned->trail;
    return HG_OK;
}

void
hg_own_ways_free(struct hg_own_ways *own) {
    if (own->owned) free_owned(own->owned);
    *own = (struct hg_own_ways){0};
}

/* -- as arrays -- */

struct copying {
    const struct hg_own_ways *own;
    const struct hg_parents *paths;
    struct hg_ways *ways;
};

static enum hg_status
copy_some(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct copying *copying = data;
    const struct hg_own_ways *own = copying->own;
    const struct hg_parents *paths = copying->paths;
    struct hg_ways *ways = copying->ways;
    uint32_t begin = (uint32_t)from;
    (void)thread;
    for (uint32_t i = begin; i < to; i++) ways->parent[i] = hg_own_parent(own, paths, i);
    for (uint32_t i = begin; i < to; i++) ways->name[i] = hg_own_name(own, paths, i);
    for (uint32_t i = begin; i < to; i++) ways->rank[i] = hg_u8(&own->rank, i);
    for (uint32_t i = begin; i < to; i++) ways->module[i] = hg_u8(&own->module, i);
    uint64_t end = to < own->reached ? to : own->reached;
    for (uint32_t i = begin; i < end; i++) ways->order[i] = hg_u32(&own->order, i, 0);
    return HG_OK;
}

enum hg_status
hg_own_ways_copy(const struct hg_graph *graph, const struct hg_own_ways *own,
                 const struct hg_parents *paths, struct hg_task *task, struct hg_ways *ways) {
    size_t nodes = graph->nodes;
    *ways = (struct hg_ways){.reached = own->reached};
    ways->order = hg_array_raw(nodes, sizeof(*ways->order));
    ways->parent = hg_array_raw(nodes, sizeof(*ways->parent));
    ways->name = hg_array_raw(nodes, sizeof(*ways->name));
    ways->rank = hg_array_raw(nodes, 1);
    ways->module = hg_array_raw(nodes, 1);
    enum hg_status status = HG_NO_MEMORY;
    if (ways->order && ways->parent && ways->name && ways->rank && ways->module) {
        struct copying copying = {own, paths, ways};
        hg_phase(task, "ways", nodes);
        status = hg_each_block(nodes, hg_block_threads(nodes), task, copy_some, &copying);
    }
    if (status != HG_OK) hg_ways_free(ways);
    return status;
}

void
hg_own_ways_take(struct hg_own_ways *own, struct hg_ways *ways) {
    struct owned *owned = own->owned;
    *ways = owned->ways;
    owned->ways = (struct hg_ways){0};
    hg_own_ways_free(own);
}
