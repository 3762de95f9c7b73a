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
#include "records/index.h"

/* One of the dumps that are added. What does not depend on the others is done by a thread each. */
struct added {
    struct hg_growth_dump *dump;
    struct hg_growth_source source; /* with its ways */
    struct hg_own_ways found;       /* those that no index has */
    struct hg_steps steps;
    uint32_t *to; /* by its own trail: the trail of the growth */
    enum hg_status status;
};

/* Makes the trails of a dump those of the growth, and notes the facts of those that are new. */
static enum hg_status
join_trails(struct hg_growth *growth, struct added *added) {
    const struct hg_own_ways *own = added->source.own;
    uint32_t before = growth->trails.count;
    added->to = malloc(own->count * sizeof(*added->to));
    if (!added->to || !hg_steps_init(&added->steps, added->source.graph)) return HG_NO_MEMORY;
    added->to[0] = 0;
    for (uint32_t i = 1; i < own->count; i++) {
        // it has led back nowhere when it was made, whether its step has a name or not
        uint32_t to = hg_trails_follow(&growth->trails, added->to[own->trails[i].parent],
                                       own->trails[i].step, false);
        if (to == HG_NO_TRAIL) return HG_NO_MEMORY;
        added->to[i] = to;
    }
    for (uint32_t i = 1; i < own->count; i++) {
        if (added->to[i] < before) continue;
        if (!hg_growth_note_facts(growth, &added->source, &added->steps, own->trails[i].node,
                                  added->to[i]))
            return HG_NO_MEMORY;
    }
    added->dump->trails = growth->trails.count;
    return added->steps.failed ? HG_NO_MEMORY : HG_OK;
}

static void
give_trails(const struct added *added) {
    struct hg_growth_dump *dump = added->dump;
    for (uint32_t node = 0; node < dump->graph->nodes; node++) {
        hg_column_let_go(&added->source.own->trail, node);
        uint32_t trail = hg_u32(&added->source.own->trail, node, 0);
        dump->trail[node] = trail == HG_NO_TRAIL ? HG_NO_TRAIL : added->to[trail];
    }
}

static void
give_firsts(const struct added *added) {
    const struct hg_own_ways *own = added->source.own;
    const struct hg_parents *paths = added->source.paths;
    struct hg_growth_dump *dump = added->dump;
    for (uint32_t i = 0; i < own->firsts; i++) {
        uint32_t node = own->first[i], parent = hg_own_parent(own, paths, node);
        uint8_t kind = (uint8_t)hg_edge_kind(hg_own_name(own, paths, node));
        dump->first[dump->firsts++] = (struct hg_first){node, dump->trail[parent], kind};
    }
}

static void
give_sums(const struct added *added) {
    const struct hg_own_ways *own = added->source.own;
    for (uint32_t i = 0; i < own->count; i++) {
        struct hg_trail_sum *sum = &added->dump->sum[added->to[i]];
        sum->count += own->trails[i].count;
        sum->bytes += own->trails[i].bytes;
    }
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

enum { AT_ONCE = 2 }; /* dumps; one that no index knows takes 31 bytes per node meanwhile */

struct adding {
    struct added added[AT_ONCE];
    struct hg_task *task;
};

static void
find_own(void *data, unsigned number) {
    struct adding *adding = data;
    struct added *added = &adding->added[number];
    if (added->source.own) return;
    added->status = hg_own_ways_build(added->source.graph, NULL, adding->task, &added->found);
    added->source.own = &added->found;
    added->source.paths = NULL;
}

static void
finish(void *data, unsigned number) {
    struct added *added = &((struct adding *)data)->added[number];
    struct hg_growth_dump *dump = added->dump;
    dump->trail = hg_array_raw(dump->graph->nodes, sizeof(*dump->trail));
    dump->first = malloc((added->source.own->firsts + 1) * sizeof(*dump->first));
    dump->sum = calloc(dump->trails, sizeof(*dump->sum));
    added->status = dump->trail && dump->first && dump->sum ? HG_OK : HG_NO_MEMORY;
    if (added->status != HG_OK) return;
    give_trails(added);
    give_firsts(added);
    give_sums(added);
}

static enum hg_status
status_of(const struct adding *adding, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (adding->added[i].status != HG_OK) return adding->added[i].status;
    return HG_OK;
}

static enum hg_status
join_all(struct hg_growth *growth, struct adding *adding, uint32_t count) {
    hg_parallel(count, find_own, adding);
    enum hg_status status = status_of(adding, count);
    for (uint32_t i = 0; i < count && status == HG_OK; i++)
        status = join_trails(growth, &adding->added[i]);
    if (status != HG_OK) return status;
    hg_parallel(count, finish, adding);
    return status_of(adding, count);
}

/* Gives the last dump its ways. */
static enum hg_status
give_ways(struct added *added, struct hg_task *task) {
    const struct hg_growth_source *source = &added->source;
    if (source->own != &added->found)
        return hg_own_ways_copy(source->graph, source->own, source->paths, task,
                                &added->dump->ways);
    hg_own_ways_take(&added->found, &added->dump->ways);
    return HG_OK;
}

/* Adds up to AT_ONCE dumps. If the last one is the last of all, it gets its ways. */
static enum hg_status
add_some(struct hg_growth *growth, const struct hg_growth_source *sources, uint32_t count,
         bool last, struct hg_task *task) {
    struct hg_growth_dump *dump = &growth->dump[growth->dumps];
    struct adding adding = {.task = task};
    for (uint32_t i = 0; i < count; i++) {
        dump[i] = (struct hg_growth_dump){.graph = sources[i].graph};
        adding.added[i].dump = &dump[i];
        adding.added[i].source = sources[i];
    }
    enum hg_status status = join_all(growth, &adding, count);
    if (status == HG_OK && last) status = give_ways(&adding.added[count - 1], task);
    for (uint32_t i = 0; i < count; i++) {
        hg_own_ways_free(&adding.added[i].found);
        hg_steps_free(&adding.added[i].steps);
        free(adding.added[i].to);
        hg_graph_let_go(sources[i].graph);
    }
    for (uint32_t i = 0; i < count && status != HG_OK; i++) free_dump(&dump[i]);
    if (status == HG_OK) growth->dumps += count;
    return status;
}

enum hg_status
hg_growth_add(struct hg_growth *growth, const struct hg_growth_source *sources, uint32_t count,
              struct hg_task *task) {
    if (count > HG_MAX_DUMPS - growth->dumps)
        return hg_fail(task, HG_TOO_LARGE, 0, "no more than %d dumps can be compared",
                       HG_MAX_DUMPS);
    if (growth->dumps) hg_ways_free(&growth->dump[growth->dumps - 1].ways);
    enum hg_status status = HG_OK;
    for (uint32_t done = 0; done < count && status == HG_OK; done += AT_ONCE) {
        uint32_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
        status = add_some(growth, sources + done, some, done + some == count, task);
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
