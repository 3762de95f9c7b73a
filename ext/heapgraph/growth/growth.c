/*
 * Place in the flow: see growth.h.
 */
#include "growth/growth.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/chunk.h"
#include "base/progress.h"
#include "growth/growth_facts.h"
#include "growth/growth_follow.h"
#include "records/index.h"

static struct hg_best_paths
paths_of(const struct hg_growth_dump *dump) {
    return (struct hg_best_paths){dump->graph, hg_ways_parents(&dump->ways)};
}

/*
 * One of the dumps that are added. What does not depend on the others is done by a thread for each:
 * its trails are a tree of their own until all are there.
 */
struct added {
    struct hg_growth_dump *dump;
    struct hg_steps steps;
    struct hg_best_paths paths;
    struct hg_trails trails;
    struct hg_numbers first; /* the first node on each trail but the first */
    uint32_t *to;            /* by its own trail: the trail of the growth */
    enum hg_status status;
};

enum {
    LATELY = 1 << 14,
    AHEAD = 16, /* a walk in the order of the paths fetches so many nodes before it needs them */
};

/* A path that was seen lately, by the hash of its steps, and its trail. */
struct lately {
    uint64_t path;
    uint32_t trail; /* 0 if there is none */
};

/* The trail of a node; that of its parent is known already. HG_NO_TRAIL if there is no memory. */
static uint32_t
trail_of(struct added *added, uint32_t node) {
    const struct hg_growth_dump *dump = added->dump;
    const struct hg_best_paths *paths = &added->paths;
    uint32_t count = added->trails.count, before = hg_trail_before(paths, node), trail = 0;
    if (dump->ways.module[node]) trail = hg_trail_begin(&added->trails, &added->steps, node);
    else if (before != HG_NO_NODE) // or else it is the virtual root
        trail = hg_trail_follow(&added->trails, &added->steps, paths, dump->trail[before], node);
    if (trail == count) hg_numbers_add(&added->first, node);
    return trail;
}

/* As hg_is_shared_buffer, which is asked only for the few nodes that a field leads to. */
static bool
is_buffer(const struct hg_growth_dump *dump, const struct hg_best_paths *paths, uint32_t node) {
    return hg_edge_kind(dump->ways.name[node]) == HG_E_FIELD && hg_is_shared_buffer(paths, node);
}

/*
 * The trail of a node that has the path of one that was seen lately, as nearly all objects of large
 * heaps have. A shared buffer has the path of its array, and a trail of its own.
 */
static uint32_t
trail_by_path(struct added *added, struct lately *lately, uint32_t node) {
    uint64_t path = added->dump->ways.hash[node];
    struct lately *there = &lately[path % LATELY];
    bool buffer = is_buffer(added->dump, &added->paths, node);
    if (there->path == path && there->trail && !buffer) return there->trail;
    uint32_t trail = trail_of(added, node);
    if (!buffer) *there = (struct lately){path, trail};
    return trail;
}

/* Fetches what trail_by_path needs of a node that comes soon. */
static void
fetch_node(const struct hg_growth_dump *dump, uint32_t i) {
    if (i >= dump->ways.reached) return;
    uint32_t node = dump->ways.order[i];
    __builtin_prefetch(&dump->ways.hash[node]);
    __builtin_prefetch(&dump->ways.name[node]);
    __builtin_prefetch(&dump->trail[node], 1);
}

static enum hg_status
find_trails(struct added *added, struct hg_task *task) {
    struct hg_growth_dump *dump = added->dump;
    struct lately *lately = calloc(LATELY, sizeof(*lately));
    enum hg_status status = lately && hg_trails_init(&added->trails) ? HG_OK : HG_NO_MEMORY;
    added->paths = paths_of(dump);
    hg_phase(task, "trails", dump->ways.reached);
    for (uint32_t i = 0; i < dump->ways.reached && status == HG_OK; i++) {
        if (i % HG_STRIDE == 0 && !hg_step(task, i)) status = HG_STOPPED;
        fetch_node(dump, i + AHEAD);
        uint32_t node = dump->ways.order[i];
        uint32_t trail = trail_by_path(added, lately, node);
        if (trail == HG_NO_TRAIL || added->steps.failed || added->first.failed)
            status = HG_NO_MEMORY;
        dump->trail[node] = trail;
    }
    free(lately);
    hg_ways_forget_hashes(&dump->ways);
    return status;
}

/* Makes the trails of a dump those of the growth, and notes the facts of those that are new. */
static enum hg_status
join_trails(struct hg_growth *growth, struct added *added) {
    uint32_t before = growth->trails.count;
    added->to = malloc(added->trails.count * sizeof(*added->to));
    if (!added->to || !hg_trails_join(&growth->trails, &added->trails, added->to))
        return HG_NO_MEMORY;
    for (uint32_t i = 1; i < added->trails.count; i++) {
        if (added->to[i] < before) continue;
        if (!hg_growth_note_facts(growth, added->dump, &added->steps, added->first.items[i - 1],
                                  added->to[i]))
            return HG_NO_MEMORY;
    }
    added->dump->trails = growth->trails.count;
    return added->steps.failed ? HG_NO_MEMORY : HG_OK;
}

static void
give_trails(struct added *added) {
    struct hg_growth_dump *dump = added->dump;
    for (uint32_t node = 0; node < dump->graph->nodes; node++) {
        uint32_t trail = dump->trail[node];
        if (trail != HG_NO_TRAIL) dump->trail[node] = added->to[trail];
    }
}

/* Notes the first object on each trail. */
static enum hg_status
note_firsts(struct hg_growth_dump *dump) {
    uint8_t *seen = hg_array(dump->trails, 1);
    dump->first = malloc(dump->trails * sizeof(*dump->first));
    for (uint32_t i = 0; seen && dump->first && i < dump->ways.reached; i++) {
        if (i + AHEAD < dump->ways.reached)
            __builtin_prefetch(&dump->trail[dump->ways.order[i + AHEAD]]);
        uint32_t node = dump->ways.order[i];
        if (seen[dump->trail[node]] || node >= dump->graph->objects) continue;
        uint32_t parent = dump->ways.parent[node];
        if (parent == HG_NO_NODE) continue;
        seen[dump->trail[node]] = 1;
        uint8_t kind = (uint8_t)hg_edge_kind(dump->ways.name[node]);
        dump->first[dump->firsts++] = (struct hg_first){node, dump->trail[parent], kind};
    }
    enum hg_status status = seen && dump->first ? HG_OK : HG_NO_MEMORY;
    hg_array_free(seen);
    return status;
}

static enum hg_status
sum_up(struct hg_growth_dump *dump) {
    struct hg_best_paths paths = paths_of(dump);
    dump->sum = calloc(dump->trails, sizeof(*dump->sum));
    if (!dump->sum) return HG_NO_MEMORY;
    for (uint32_t node = 0; node < dump->graph->objects; node++) {
        if (dump->trail[node] == HG_NO_TRAIL) continue;
        uint32_t owner = node;
        while (is_buffer(dump, &paths, owner)) owner = dump->ways.parent[owner];
        dump->sum[dump->trail[node]].count++;
        dump->sum[dump->trail[owner]].bytes += hg_memsize(dump->graph, node);
    }
    return HG_OK;
}

static void
free_dump(struct hg_growth_dump *dump) {
    hg_ways_free(&dump->ways);
    hg_array_free(dump->trail);
    free(dump->first);
    free(dump->sum);
    *dump = (struct hg_growth_dump){0};
}

enum hg_status
hg_growth_init(struct hg_growth *growth, const struct hg_rules *rules) {
    *growth = (struct hg_growth){.rules = *rules};
    if (!hg_trails_init(&growth->trails)) return HG_NO_MEMORY;
    growth->facts_room = growth->trails.room;
    growth->facts = calloc(growth->facts_room, sizeof(*growth->facts));
    if (growth->facts) return HG_OK;
    hg_trails_free(&growth->trails);
    return HG_NO_MEMORY;
}

void
hg_growth_free(struct hg_growth *growth) {
    for (uint32_t i = 0; i < growth->dumps; i++) free_dump(&growth->dump[i]);
    hg_trails_free(&growth->trails);
    free(growth->facts);
    hg_array_free(growth->fresh);
    *growth = (struct hg_growth){0};
}

enum { AT_ONCE = 2 }; /* dumps; each takes 31 bytes per node meanwhile */

struct adding {
    struct added added[AT_ONCE];
    struct hg_task *task;
};

static enum hg_status
find_ways(struct added *added, struct hg_task *task) {
    struct hg_growth_dump *dump = added->dump;
    uint32_t nodes = dump->graph->nodes;
    dump->trail = hg_array(nodes, sizeof(*dump->trail));
    if (!hg_steps_init(&added->steps, dump->graph) || !dump->trail) return HG_NO_MEMORY;
    memset(dump->trail, 0xff, nodes * sizeof(*dump->trail)); // HG_NO_TRAIL
    return hg_ways_build(dump->graph, &added->steps, task, &dump->ways);
}

static void
find_own_trails(void *data, unsigned number) {
    struct adding *adding = data;
    struct added *added = &adding->added[number];
    added->status = find_ways(added, adding->task);
    if (added->status == HG_OK) added->status = find_trails(added, adding->task);
}

static void
finish(void *data, unsigned number) {
    struct added *added = &((struct adding *)data)->added[number];
    give_trails(added);
    added->status = note_firsts(added->dump);
    if (added->status == HG_OK) added->status = sum_up(added->dump);
}

static void
free_added(struct added *added) {
    hg_steps_free(&added->steps);
    hg_trails_free(&added->trails);
    hg_numbers_free(&added->first);
    free(added->to);
}

static enum hg_status
status_of(const struct adding *adding, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (adding->added[i].status != HG_OK) return adding->added[i].status;
    return HG_OK;
}

/* Adds up to AT_ONCE dumps. The paths of all dumps before the last one are given back. */
static enum hg_status
add_some(struct hg_growth *growth, const struct hg_graph *const *graphs, uint32_t count,
         struct hg_task *task) {
    struct hg_growth_dump *dump = &growth->dump[growth->dumps];
    struct adding adding = {.task = task};
    for (uint32_t i = 0; i < count; i++) {
        dump[i] = (struct hg_growth_dump){.graph = graphs[i]};
        adding.added[i].dump = &dump[i];
    }
    hg_parallel(count, find_own_trails, &adding);
    enum hg_status status = status_of(&adding, count);
    for (uint32_t i = 0; i < count && status == HG_OK; i++)
        status = join_trails(growth, &adding.added[i]);
    if (status == HG_OK) {
        hg_parallel(count, finish, &adding);
        status = status_of(&adding, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        free_added(&adding.added[i]);
        hg_graph_let_go(graphs[i]);
    }
    for (uint32_t i = 0; i < count && status != HG_OK; i++) free_dump(&dump[i]);
    if (status != HG_OK) return status;
    growth->dumps += count;
    for (uint32_t i = 0; i + 1 < growth->dumps; i++) hg_ways_free(&growth->dump[i].ways);
    return HG_OK;
}

enum hg_status
hg_growth_add(struct hg_growth *growth, const struct hg_graph *const *graphs, uint32_t count,
              struct hg_task *task) {
    if (count > HG_MAX_DUMPS - growth->dumps)
        return hg_fail(task, HG_TOO_LARGE, 0, "no more than %d dumps can be compared",
                       HG_MAX_DUMPS);
    enum hg_status status = HG_OK;
    for (uint32_t done = 0; done < count && status == HG_OK; done += AT_ONCE) {
        uint32_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
        status = add_some(growth, graphs + done, some, task);
    }
    hg_chunks_release(); // what comes next needs little memory
    return status;
}

/* -- what is new -- */

/* Marks the new objects of the last dump on trails for which `number` is the dump that decides. */
static void
mark_new(struct hg_growth *growth, uint32_t number, const uint8_t *base, const uint32_t *same) {
    const struct hg_growth_dump *last = &growth->dump[growth->dumps - 1];
    for (uint32_t node = 0; node < last->graph->objects; node++) {
        uint32_t trail = last->trail[node], there = same[node];
        if (trail == HG_NO_TRAIL || base[trail] != number) continue;
        bool old = there != HG_NO_NODE && growth->dump[number].trail[there] == trail;
        if (!old) growth->fresh[node / 64] |= UINT64_C(1) << node % 64;
    }
}

enum hg_status
hg_growth_find_new(struct hg_growth *growth) {
    const struct hg_growth_dump *last = &growth->dump[growth->dumps - 1];
    uint8_t *base = hg_array(last->trails, 1);
    uint32_t *same = hg_array_raw(last->graph->nodes, sizeof(*same));
    bool decides[HG_MAX_DUMPS] = {false};
    growth->fresh = hg_array(last->graph->nodes / 64 + 1, sizeof(*growth->fresh));
    bool memory = base && same && growth->fresh;
    for (uint32_t trail = 0; trail < last->trails && memory; trail++) {
        base[trail] = (uint8_t)(hg_growth_base(growth, trail) - growth->dump);
        decides[base[trail]] = true;
    }
    for (uint32_t number = 0; number + 1 < growth->dumps && memory; number++) {
        if (!decides[number]) continue;
        hg_index_match(last->graph->index, growth->dump[number].graph->index, same);
        mark_new(growth, number, base, same);
    }
    hg_array_free(base);
    hg_array_free(same);
    return memory ? HG_OK : HG_NO_MEMORY;
}
