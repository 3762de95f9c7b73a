/*
 * Place in the flow: see leaks.h. Finds which objects hold what grows. It looks at the newcomers,
 * the objects that are new in the last dump (hg_growth_is_new): older objects may have other
 * holders.
 */
#include <stdlib.h>

#include "base/array.h"
#include "base/blocks.h"
#include "growth/leak.h"

#define SEEN_HOLDERS 32 /* how many kinds of other holders are counted for one leak */
#define SAMPLE 65536    /* how many objects are looked for in the next dump */
#define CLIMB 64        /* how many steps above an inner object its outer one may be */
#define AHEAD 16        /* a walk in the order of the ways fetches so many nodes before */

/* One leak while its objects are being visited. */
struct look {
    struct hg_numbers holders; /* the holders of newcomers, once for each newcomer */
    struct hg_leak_holder seen[SEEN_HOLDERS];
    uint32_t seen_trail[SEEN_HOLDERS];
    uint8_t seen_kind[SEEN_HOLDERS];
    uint32_t seens;
};

struct looks {
    const struct hg_growth *growth;
    const struct hg_growth_dump *last;
    struct hg_leaks *leaks;
    struct hg_task *task;
    struct look *look; /* by leak */
    uint8_t *newcomer; /* by node of the last dump */
    uint8_t *holder;   /* the same: whether it may be another holder */
    uint16_t *inner;   /* by trail: leak × HG_MAX_INNER + inner part + 1 */

    /* Which leak holds which new object of which other leak; see see_relation. */
    uint64_t *relations;
    size_t relation_count, relation_room, relation_limit;
    bool failed; /* there was no memory for them */
};

/*
 * After a compaction, addresses say nothing. The objects of leaks are left out, because they may be
 * of a kind that is replaced all the time.
 */
void
hg_leaks_stable(const struct hg_growth *growth, struct hg_leaks *leaks) {
    for (uint32_t number = 0; number + 1 < growth->dumps; number++) {
        const struct hg_growth_dump *dump = &growth->dump[number];
        uint64_t sampled = 0, stable = 0;
        uint32_t stride = dump->graph->objects / SAMPLE + 1;
        for (uint32_t node = 0; node < dump->graph->objects; node += stride) {
            uint32_t trail = dump->trail[node];
            if (trail == HG_NO_TRAIL || leaks->below[trail]) continue;
            sampled++;
            stable += hg_growth_has(dump + 1, dump, node);
        }
        leaks->stable[number] = sampled ? (uint32_t)(stable * 1000 / sampled) : 1000;
    }
}

/* What is counted in one dump. Each thread has numbers of its own. */
struct keeping {
    const struct hg_leaks *leaks;
    const struct hg_growth_dump *dump;
    uint64_t kept[HG_BLOCK_THREADS][HG_MAX_LEAKS];
};

static enum hg_status
count_kept_block(void *data, unsigned thread, uint64_t from, uint64_t to) {
    struct keeping *keeping = data;
    const struct hg_growth_dump *dump = keeping->dump;
    for (uint32_t node = (uint32_t)from; node < to; node++) {
        uint8_t number = hg_leak_at(keeping->leaks, dump, node);
        if (!number) continue;
        const struct hg_leak *leak = &keeping->leaks->leak[number - 1];
        if (leak->part[0].trail == dump->trail[node] && hg_growth_has(dump + 1, dump, node))
            keeping->kept[thread][number - 1]++;
    }
    return HG_OK;
}

/* Counts the objects that stay, of the first part alone: the verdict compares the two. */
static enum hg_status
count_kept(struct looks *looks) {
    const struct hg_growth *growth = looks->growth;
    for (uint32_t number = 0; number + 1 < growth->dumps; number++) {
        struct keeping keeping = {.leaks = looks->leaks, .dump = &growth->dump[number]};
        uint64_t objects = keeping.dump->graph->objects;
        unsigned threads = hg_block_threads(objects);
        hg_phase(looks->task, "what is kept", objects);
        enum hg_status status = hg_each_block(objects, threads, looks->task, count_kept_block,
                                              &keeping);
        if (status != HG_OK) return status;
        for (unsigned thread = 0; thread < threads; thread++)
            for (uint32_t i = 0; i < looks->leaks->leaks; i++)
                looks->leaks->leak[i].kept[number] += keeping.kept[thread][i];
    }
    return HG_OK;
}

static bool
is_first_part(const struct looks *looks, uint32_t node) {
    uint8_t leak = hg_leak_at(looks->leaks, looks->last, node);
    return leak && looks->leaks->leak[leak - 1].part[0].trail == looks->last->trail[node];
}

/* Whether a node is an object of a leak, or is below one. */
static bool
is_inside(const struct looks *looks, uint32_t node, uint8_t leak) {
    uint32_t trail = node == HG_NO_NODE ? HG_NO_TRAIL : looks->last->trail[node];
    return trail != HG_NO_TRAIL && looks->leaks->below[trail] == leak;
}

/*
 * Marks the newcomers and lists their holders. If a leak has no newcomers (its objects have moved,
 * or grew before), all its objects are taken.
 */
static void
find_newcomers(struct looks *looks) {
    const struct hg_growth_dump *last = looks->last;
    bool has[HG_MAX_LEAKS + 1] = {false};
    for (uint32_t node = 0; node < last->graph->objects; node++) {
        uint8_t leak = hg_leak_at(looks->leaks, last, node);
        if (!leak || !hg_growth_is_new(looks->growth, node)) continue;
        looks->newcomer[node] = 1;
        if (is_first_part(looks, node)) has[leak] = true;
    }
    for (uint32_t node = 0; node < last->graph->objects; node++) {
        uint8_t leak = hg_leak_at(looks->leaks, last, node);
        if (!leak) continue;
        uint32_t parent = last->ways.parent[node];
        struct hg_leak *of = &looks->leaks->leak[leak - 1];
        bool first = is_first_part(looks, node);
        bool chained = is_inside(looks, parent, leak);
        if (first && chained) of->chained++;
        if (has[leak] && !looks->newcomer[node]) continue;
        looks->newcomer[node] = 1;
        if (!first) continue;
        of->newcomers++;
        if (!chained) hg_numbers_add(&looks->look[leak - 1].holders, parent);
    }
}

static int
ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Finds the object that holds most of the newcomers. */
static void
find_container(struct hg_leak *leak, struct hg_numbers *holders) {
    qsort(holders->items, holders->count, sizeof(*holders->items), ascending);
    for (size_t from = 0, to; from < holders->count; from = to) {
        for (to = from; to < holders->count && holders->items[to] == holders->items[from];) to++;
        leak->containers++;
        if (to - from <= leak->contained) continue;
        leak->contained = to - from;
        leak->container = holders->items[from];
    }
}

/*
 * Finds an example for each part: a newcomer in the container if there is one, or else another
 * object of the part. Of several, it is the one nearest to where paths begin, so that addresses
 * decide nothing.
 */
static void
find_examples(struct looks *looks) {
    const struct hg_growth_dump *last = looks->last;
    uint8_t rating[HG_MAX_LEAKS][HG_MAX_PARTS] = {{0}};
    for (uint32_t at = 0; at < last->ways.reached; at++) {
        uint32_t node = last->ways.order[at];
        if (at + AHEAD < last->ways.reached)
            __builtin_prefetch(&last->trail[last->ways.order[at + AHEAD]]);
        if (node >= last->graph->objects) continue;
        uint8_t number = hg_leak_at(looks->leaks, last, node);
        if (!number) continue;
        struct hg_leak *leak = &looks->leaks->leak[number - 1];
        uint32_t parent = last->ways.parent[node];
        uint8_t rated = 1;
        if (!is_inside(looks, parent, number)) rated += 4;
        if (parent == leak->container && leak->contained > 1) rated += 2;
        if (looks->newcomer[node]) rated += 1;
        for (uint32_t i = 0; i < leak->parts; i++) {
            if (leak->part[i].trail != last->trail[node] || rated <= rating[number - 1][i])
                continue;
            rating[number - 1][i] = rated;
            leak->part[i].example = node;
        }
    }
}

/* Finds an example for each inner part: inside the example of its leak, if there is one. */
static void
find_inner_examples(struct looks *looks) {
    const struct hg_growth_dump *last = looks->last;
    for (uint32_t i = 0; i < looks->leaks->leaks; i++) {
        const struct hg_leak *leak = &looks->leaks->leak[i];
        for (uint32_t k = 0; k < leak->inners; k++)
            looks->inner[leak->inner[k].trail] = (uint16_t)(i * HG_MAX_INNER + k + 1);
    }
    for (uint32_t node = 0; node < last->graph->objects; node++) {
        if (last->trail[node] == HG_NO_TRAIL || !looks->inner[last->trail[node]]) continue;
        uint16_t at = looks->inner[last->trail[node]] - 1;
        struct hg_leak *leak = &looks->leaks->leak[at / HG_MAX_INNER];
        struct hg_leak_part *inner = &leak->inner[at % HG_MAX_INNER];
        if (inner->example == HG_NO_NODE) inner->example = node;
        uint32_t outer = node;
        for (int i = 0; i < CLIMB && outer != HG_NO_NODE; i++) {
            if (hg_leak_at(looks->leaks, last, outer)) break;
            outer = last->ways.parent[outer];
        }
        for (uint32_t i = 0; i < leak->parts; i++) {
            if (leak->part[i].example == outer) inner->example = node;
        }
    }
}

/* Finds where most of the newcomers were allocated: by a majority vote, and then by a count. */
static void
find_locations(struct looks *looks) {
    const struct hg_graph *graph = looks->last->graph;
    uint64_t lead[HG_MAX_LEAKS] = {0};
    if (!hg_has_column(&graph->location)) return;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t node = 0; node < graph->objects; node++) {
            uint32_t location = hg_location(graph, node);
            if (!looks->newcomer[node] || location == HG_NO_STRING || !is_first_part(looks, node))
                continue;
            uint32_t number = hg_leak_at(looks->leaks, looks->last, node) - 1u;
            struct hg_leak *leak = &looks->leaks->leak[number];
            if (pass) {
                leak->located += leak->location == location;
                leak->placed++;
            }
            else if (leak->location == location) lead[number]++;
            else if (lead[number]) lead[number]--;
            else {
                leak->location = location;
                lead[number] = 1;
            }
        }
    }
}

static void
see_holder(struct looks *looks, uint8_t number, struct hg_leak_holder holder) {
    struct look *look = &looks->look[number - 1];
    uint32_t trail = looks->last->trail[holder.node];
    uint8_t kind = (uint8_t)hg_edge_kind(holder.name);
    for (uint32_t i = 0; i < look->seens; i++) {
        if (look->seen_trail[i] != trail || look->seen_kind[i] != kind) continue;
        look->seen[i].count++;
        return;
    }
    if (look->seens == SEEN_HOLDERS) return;
    look->seen[look->seens] = holder;
    look->seen_trail[look->seens] = trail;
    look->seen_kind[look->seens++] = kind;
}

static int
by_relation(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* Lets each relation stand once. */
static void
unite_relations(struct looks *looks) {
    uint64_t *all = looks->relations;
    size_t kept = 0;
    if (!looks->relation_count) return;
    qsort(all, looks->relation_count, sizeof(*all), by_relation);
    for (size_t i = 1; i < looks->relation_count; i++) {
        if (all[i] != all[kept]) all[++kept] = all[i];
    }
    looks->relation_count = kept + 1;
}

/*
 * Notes that an object of a leak, or something below one, holds a new object of another leak. An
 * object may be held many times, so what stands twice is taken out whenever the list has doubled.
 */
static void
see_relation(struct looks *looks, uint8_t holder, uint8_t held, uint32_t target) {
    if (looks->relation_count >= looks->relation_limit) {
        unite_relations(looks);
        looks->relation_limit = 2 * looks->relation_count + (1 << 16);
    }
    if (!hg_grow(&looks->relations, looks->relation_count, &looks->relation_room, 256,
                 sizeof(*looks->relations))) {
        looks->failed = true;
        return;
    }
    looks->relations[looks->relation_count++] = (uint64_t)target << 16 | (uint64_t)holder << 8 |
                                                held;
}

/* Counts each object once for each leak that holds it, however often that holds it. */
static void
count_relations(struct looks *looks) {
    unite_relations(looks);
    for (size_t i = 0; i < looks->relation_count; i++) {
        uint64_t relation = looks->relations[i];
        uint32_t holder = (uint32_t)(relation >> 8 & 0xff), held = (uint32_t)(relation & 0xff);
        looks->leaks->related[(holder - 1) * HG_MAX_LEAKS + held - 1]++;
    }
}

/* Whether a node counts as a holder. Caches and stacks do not, as they are no cause. */
static bool
counts_as_holder(const struct looks *looks, uint32_t node) {
    const struct hg_growth_dump *last = looks->last;
    return last->trail[node] != HG_NO_TRAIL && last->ways.rank[node] < HG_RANK_CACHE &&
           hg_type(last->graph, node) != HG_T_ROOT &&
           !(hg_flags(last->graph, node) & (HG_N_VM_CACHE | HG_N_CONSERVATIVE));
}

/* Marks, by node, the objects that may hold newcomers without being on their paths. */
static enum hg_status
mark_holders(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct looks *looks = data;
    const struct hg_graph *graph = looks->last->graph;
    const uint32_t *parent = looks->last->ways.parent;
    for (uint32_t node = (uint32_t)from; node < to; node++) {
        if (!counts_as_holder(looks, node)) continue;
        for (uint32_t e = hg_first(graph, node), end = hg_first(graph, node + 1); e < end; e++) {
            uint32_t target = hg_target(graph, e);
            if (!looks->newcomer[target] || parent[target] == node) continue;
            looks->holder[node] = 1;
            break;
        }
    }
    return HG_OK;
}

/* Sees the edges from one object that are meant by find_other_holders. */
static void
see_edges(struct looks *looks, uint32_t node) {
    const struct hg_growth_dump *last = looks->last;
    const struct hg_graph *graph = last->graph;
    uint8_t below = looks->leaks->below[last->trail[node]];
    bool thread = hg_type(graph, node) == HG_T_DATA;
    for (uint32_t e = hg_first(graph, node), end = hg_first(graph, node + 1); e < end; e++) {
        uint32_t target = hg_target(graph, e), name = hg_name(graph, e);
        if (!looks->newcomer[target] || !hg_edge_holds(name)) continue;
        uint8_t number = hg_leak_at(looks->leaks, last, target);
        if (below == number || last->ways.parent[target] == node) continue;
        if (thread && hg_edge_kind(name) == HG_E_REFERENCE) continue;
        if (!is_first_part(looks, target)) continue;
        if (below) see_relation(looks, below, number, target);
        see_holder(looks, number, (struct hg_leak_holder){node, name, target, 1});
    }
}

/*
 * Finds all edges to newcomers that are not part of their paths and do not come from inside the
 * leak. Several threads look for the objects that may have some; which of those is seen first
 * counts, so one thread sees them, in the order of nodes.
 */
static enum hg_status
find_other_holders(struct looks *looks) {
    uint32_t objects = looks->last->graph->objects;
    hg_phase(looks->task, "other holders", objects);
    enum hg_status status = hg_each_block(objects, hg_block_threads(objects), looks->task,
                                          mark_holders, looks);
    for (uint32_t node = 0; status == HG_OK && node < objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(looks->task, objects)) return HG_STOPPED;
        if (looks->holder[node]) see_edges(looks, node);
        if (looks->failed) return HG_NO_MEMORY;
    }
    return status;
}

/* Keeps the holders of enough newcomers (see hg_rules), those with most first. */
static void
keep_other_holders(const struct hg_growth *growth, struct hg_leak *leak, const struct look *look) {
    for (uint32_t i = 0; i < look->seens; i++) {
        if (look->seen[i].count * growth->rules.other_holders < leak->newcomers) continue;
        uint32_t at = leak->others;
        if (at == HG_MAX_OTHERS && leak->other[at - 1].count >= look->seen[i].count) continue;
        if (at < HG_MAX_OTHERS) leak->others++;
        else at--;
        for (; at > 0 && leak->other[at - 1].count < look->seen[i].count; at--)
            leak->other[at] = leak->other[at - 1];
        leak->other[at] = look->seen[i];
    }
}

static enum hg_status
look(struct looks *looks) {
    enum hg_status status = count_kept(looks);
    if (status != HG_OK) return status;
    find_newcomers(looks);
    for (uint32_t i = 0; i < looks->leaks->leaks; i++) {
        struct hg_numbers *holders = &looks->look[i].holders;
        if (holders->failed) return HG_NO_MEMORY;
        if (holders->count) find_container(&looks->leaks->leak[i], holders);
    }
    find_examples(looks);
    find_inner_examples(looks);
    find_locations(looks);
    status = find_other_holders(looks);
    if (status == HG_OK) count_relations(looks);
    for (uint32_t i = 0; i < looks->leaks->leaks; i++)
        keep_other_holders(looks->growth, &looks->leaks->leak[i], &looks->look[i]);
    return status;
}

enum hg_status
hg_leaks_look(const struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks) {
    struct looks looks = {.growth = growth, .leaks = leaks, .task = task};
    looks.last = &growth->dump[growth->dumps - 1];
    looks.look = calloc(HG_MAX_LEAKS, sizeof(*looks.look));
    looks.newcomer = calloc(looks.last->graph->nodes, 1);
    looks.holder = calloc(looks.last->graph->nodes, 1);
    looks.inner = calloc(growth->trails.count, sizeof(*looks.inner));
    leaks->related = calloc((size_t)HG_MAX_LEAKS * HG_MAX_LEAKS, sizeof(*leaks->related));
    enum hg_status status = HG_NO_MEMORY;
    if (looks.look && looks.newcomer && looks.holder && looks.inner && leaks->related)
        status = look(&looks);
    for (uint32_t i = 0; looks.look && i < HG_MAX_LEAKS; i++)
        hg_numbers_free(&looks.look[i].holders);
    free(looks.look);
    free(looks.newcomer);
    free(looks.holder);
    free(looks.relations);
    free(looks.inner);
    return status;
}
