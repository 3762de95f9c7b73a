/*
 * Place in the flow: see leaks.h. This file finds the trails that grow. leaks_stay.c counts what
 * stays, leaks_nested.c recognizes growth inside of growth, leaks_contents.c finds what grows
 * without more objects, leaks_share.c what the leaks hold, leaks_holders.c which objects hold them,
 * and leaks_kinds.c what grew besides.
 */
#include "growth/leaks.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/progress.h"

/* What is needed while trails are being chosen. */
struct choice {
    const struct hg_growth *growth;
    struct hg_leaks *leaks;
    uint32_t trails;
    int64_t *growth_below; /* by trail: by how many bytes it and all below it grew */
    uint8_t *grows;        /* by trail */
    uint8_t *nested;       /* by trail: whether it grows inside of what grows */
    struct candidate *candidates;
    size_t count, room;
};

/* A trail at which growth begins. */
struct candidate {
    uint32_t trail;
    uint32_t container; /* trails with the same container are parts of one leak */
    int64_t growth;
    int64_t group_growth;
};

bool
hg_counts_grow(const struct hg_growth *growth, const uint64_t *counts) {
    uint32_t dumps = growth->dumps, idle;
    uint32_t dump = 1, grew = 0, still = 0, longest = 0; // `still`: steps in a row without growth
    while (dump + 2 < dumps && !counts[0] && !counts[dump]) dump++;
    for (; dump < dumps; dump++) {
        if (counts[dump] < counts[dump - 1]) return false;
        if (counts[dump] == counts[dump - 1]) {
            still++;
            continue;
        }
        if (grew && still > longest) longest = still;
        still = 0;
        grew++;
    }
    idle = grew / growth->rules.idle;
    if (longest < idle) longest = idle;
    return dumps == 2 ? grew == 1 : grew >= 2 && still <= longest;
}

bool
hg_grows(const struct hg_growth *growth, uint32_t trail) {
    uint64_t counts[HG_MAX_DUMPS];
    for (uint32_t dump = 0; dump < growth->dumps; dump++)
        counts[dump] = hg_growth_count(growth, dump, trail);
    return hg_counts_grow(growth, counts);
}

static uint32_t
parent_of(const struct hg_growth *growth, uint32_t trail) {
    return growth->trails.items[trail].parent;
}

/* Whether each step adds more than code that runs for the first time does. */
static bool
grows_fast(const struct hg_growth *growth, uint32_t trail) {
    for (uint32_t dump = 1; dump < growth->dumps; dump++) {
        if (hg_growth_count(growth, dump, trail) <
            hg_growth_count(growth, dump - 1, trail) + growth->rules.symbols_per_step)
            return false;
    }
    return true;
}

/*
 * Whether a trail has methods whose names the dump does not have. It does not have their places
 * either, so methods that are written in the program cannot be told from those made from data.
 */
static bool
has_bare_methods(const struct hg_trail_facts *facts) {
    return facts->marks & HG_TRAIL_METHOD && facts->kind == HG_E_REFERENCE;
}

/*
 * Whether a trail of the program is shown if it grows. What nothing but caches of code holds is, if
 * it and what it holds grew by much; of the VM, symbols that were made from data and have become
 * permanent.
 */
static bool
may_be_told(const struct choice *choice, uint32_t trail) {
    const struct hg_growth *growth = choice->growth;
    const struct hg_trail_facts *facts = &growth->facts[trail];
    if (!hg_is_of_program(growth, trail)) return false;
    bool cached = facts->rank == HG_RANK_CACHE && facts->type == HG_T_IMEMO;
    if (cached || facts->marks & HG_TRAIL_CODE)
        return choice->growth_below[trail] >= (int64_t)growth->rules.cache_bytes;
    if (facts->marks & HG_TRAIL_VM || has_bare_methods(facts)) return grows_fast(growth, trail);
    return true;
}

/*
 * The container of a trail. Trails that end with an element have the one above them: what grows
 * together in that is one leak. Other trails have one of their own.
 */
static uint32_t
container_of(const struct hg_growth *growth, uint32_t trail) {
    switch (growth->facts[trail].kind) {
    case HG_E_INDEX:
    case HG_E_KEY:
    case HG_E_VALUE:
    case HG_E_VALUE_AT:
    case HG_E_VALUE_INT:
    case HG_E_REFERENCE:
        return parent_of(growth, trail);
    default:
        return HG_NO_TRAIL - trail; // a container of its own
    }
}

static bool
add_candidate(struct choice *choice, uint32_t trail) {
    if (!hg_grow(&choice->candidates, choice->count, &choice->room, 256,
                 sizeof(*choice->candidates)))
        return false;
    choice->candidates[choice->count++] = (struct candidate){
        .trail = trail,
        .container = container_of(choice->growth, trail),
        .growth = choice->growth_below[trail],
    };
    return true;
}

static void
sum_below(struct choice *choice) {
    const struct hg_growth *growth = choice->growth;
    uint32_t last = growth->dumps - 1;
    for (uint32_t trail = choice->trails; trail-- > 1;) {
        choice->growth_below[trail] += (int64_t)hg_growth_sum(growth, last, trail).bytes -
                                       (int64_t)hg_growth_sum(growth, 0, trail).bytes;
        choice->growth_below[parent_of(growth, trail)] += choice->growth_below[trail];
    }
}

static enum hg_status
find_candidates(struct choice *choice, struct hg_task *task) {
    const struct hg_growth *growth = choice->growth;
    enum hg_status status = hg_leaks_stay(growth, task, choice->leaks);
    if (status != HG_OK) return status;
    for (uint32_t trail = 1; trail < choice->trails; trail++)
        choice->grows[trail] = hg_grows(growth, trail) ||
                               hg_leaks_stays(growth, choice->leaks, trail);
    status = hg_leaks_nested(growth, task, choice->grows, choice->nested);
    if (status != HG_OK) return status;
    for (uint32_t trail = 1; trail < choice->trails; trail++) {
        if (!choice->grows[trail] || !may_be_told(choice, trail)) continue;
        if (choice->nested[trail]) continue;
        if (!add_candidate(choice, trail)) return HG_NO_MEMORY;
    }
    return HG_OK;
}

static int
by_container(const void *left, const void *right) {
    const struct candidate *a = left, *b = right;
    if (a->container != b->container) return a->container < b->container ? -1 : 1;
    if (a->growth != b->growth) return a->growth > b->growth ? -1 : 1;
    return a->trail < b->trail ? -1 : a->trail > b->trail;
}

static int
by_group(const void *left, const void *right) {
    const struct candidate *a = left, *b = right;
    if (a->group_growth != b->group_growth) return a->group_growth > b->group_growth ? -1 : 1;
    return by_container(left, right);
}

/* Gives each candidate the growth of its container, and sorts by that. */
static void
sort_candidates(struct choice *choice) {
    struct candidate *all = choice->candidates;
    if (!choice->count) return;
    qsort(all, choice->count, sizeof(*all), by_container);
    for (size_t from = 0, to; from < choice->count; from = to) {
        int64_t sum = 0;
        for (to = from; to < choice->count && all[to].container == all[from].container; to++)
            sum += all[to].growth;
        for (size_t i = from; i < to; i++) all[i].group_growth = sum;
    }
    qsort(all, choice->count, sizeof(*all), by_group);
}

static void
make_leaks(struct choice *choice) {
    struct hg_leaks *leaks = choice->leaks;
    const struct candidate *all = choice->candidates;
    for (size_t from = 0, to; from < choice->count; from = to) {
        struct hg_leak *leak = &leaks->leak[leaks->leaks];
        bool fits = leaks->leaks < HG_MAX_LEAKS;
        for (to = from; to < choice->count && all[to].container == all[from].container; to++) {
            if (!fits || leak->parts == HG_MAX_PARTS) continue;
            leak->part[leak->parts++] = (struct hg_leak_part){.trail = all[to].trail,
                                                              .example = HG_NO_NODE};
            leaks->part_of[all[to].trail] = (uint8_t)(leaks->leaks + 1);
        }
        if (!fits) {
            leaks->more++;
            continue;
        }
        leak->container = HG_NO_NODE;
        leak->location = HG_NO_STRING;
        leak->growth = all[from].group_growth > 0 ? (uint64_t)all[from].group_growth : 0;
        leaks->leaks++;
    }
}

/* How many more objects a trail has in the last dump than in the first; 0 if it has fewer. */
static uint64_t
grew_by(const struct hg_growth *growth, uint32_t trail) {
    uint64_t last = hg_growth_count(growth, growth->dumps - 1, trail);
    uint64_t first = hg_growth_count(growth, 0, trail);
    return last > first ? last - first : 0;
}

/* Adds an inner part. If there is no room, the part with the smallest growth is dropped. */
static void
add_inner(struct choice *choice, struct hg_leak *leak, struct hg_leak_part part) {
    int64_t bytes = choice->growth_below[part.trail];
    uint32_t at = leak->inners;
    if (at == HG_MAX_INNER) {
        if (choice->growth_below[leak->inner[at - 1].trail] >= bytes) return;
        at--;
    }
    else leak->inners++;
    for (; at > 0 && choice->growth_below[leak->inner[at - 1].trail] < bytes; at--)
        leak->inner[at] = leak->inner[at - 1];
    leak->inner[at] = part;
}

/*
 * Finds what is below each leak, and which of it grows with the leak: by enough objects, or by
 * enough of the bytes of the leak (see hg_rules). The bytes matter in a tree of nodes, where many
 * nodes have few leaves with a payload.
 */
static void
look_below(struct choice *choice) {
    struct hg_leaks *leaks = choice->leaks;
    const struct hg_growth *growth = choice->growth;
    for (uint32_t trail = 1; trail < choice->trails; trail++) {
        uint8_t part_of = leaks->part_of[trail];
        leaks->below[trail] = part_of ? part_of : leaks->below[parent_of(growth, trail)];
        if (part_of || !leaks->below[trail] || !choice->grows[trail]) continue;
        struct hg_leak *leak = &leaks->leak[leaks->below[trail] - 1];
        const struct hg_trail_facts *facts = &growth->facts[trail];
        bool instance = facts->type == HG_T_OBJECT || facts->type == HG_T_STRUCT ||
                        facts->type == HG_T_DATA;
        bool cached = growth->facts[leak->part[0].trail].rank >= HG_RANK_CACHE;
        if (cached) instance = facts->type != HG_T_CLASS && hg_is_visible(growth, trail);
        if (!instance || (facts->rank >= HG_RANK_CACHE && !cached)) continue;
        uint32_t part = trail, wrapped = 0;
        for (; !leaks->part_of[part]; part = parent_of(growth, part)) wrapped++;
        int64_t bytes = choice->growth_below[trail];
        bool much = bytes > 0 && (uint64_t)bytes > leak->growth / growth->rules.inner_bytes;
        uint64_t enough = grew_by(growth, part) / growth->rules.inner_objects;
        if (!much && grew_by(growth, trail) < enough) continue;
        add_inner(choice, leak,
                  (struct hg_leak_part){.trail = trail, .example = HG_NO_NODE, .wrapped = wrapped});
    }
}

static void
sum_reached(const struct hg_growth *growth, struct hg_leaks *leaks) {
    for (uint32_t dump = 0; dump < growth->dumps; dump++) {
        for (uint32_t trail = 1; trail < growth->dump[dump].trails; trail++) {
            leaks->reached[dump] += growth->dump[dump].sum[trail].count;
            leaks->reached_bytes[dump] += growth->dump[dump].sum[trail].bytes;
        }
    }
}

static enum hg_status
choose(struct choice *choice, struct hg_task *task) {
    if (!choice->growth_below || !choice->grows || !choice->nested || !choice->leaks->part_of ||
        !choice->leaks->below)
        return HG_NO_MEMORY;
    sum_below(choice);
    enum hg_status status = find_candidates(choice, task);
    if (status != HG_OK) return status;
    sort_candidates(choice);
    make_leaks(choice);
    look_below(choice);
    return hg_leaks_contents(choice->growth, choice->leaks);
}

enum hg_status
hg_leaks_find(struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks) {
    memset(leaks, 0, sizeof(*leaks));
    if (growth->dumps < 2) return HG_OK;
    enum hg_status status = hg_growth_find_new(growth);
    if (status != HG_OK) return status;
    struct choice choice = {.growth = growth, .leaks = leaks, .trails = growth->trails.count};
    choice.growth_below = calloc(choice.trails, sizeof(*choice.growth_below));
    choice.grows = calloc(choice.trails, 1);
    choice.nested = calloc(choice.trails, 1);
    leaks->part_of = calloc(choice.trails, 1);
    leaks->below = calloc(choice.trails, 1);
    hg_phase(task, "growth", growth->dump[growth->dumps - 1].graph->objects);
    status = choose(&choice, task);
    free(choice.growth_below);
    free(choice.grows);
    free(choice.nested);
    free(choice.candidates);
    if (status == HG_OK) sum_reached(growth, leaks);
    if (status == HG_OK) status = hg_leaks_kinds(growth, task, leaks);
    if (status == HG_OK) hg_leaks_stable(growth, leaks);
    if (status == HG_OK && leaks->leaks) status = hg_leaks_share(growth, task, leaks);
    if (status == HG_OK && leaks->leaks) status = hg_leaks_look(growth, task, leaks);
    if (status != HG_OK) hg_leaks_free(leaks);
    return status;
}

void
hg_leaks_free(struct hg_leaks *leaks) {
    free(leaks->part_of);
    free(leaks->below);
    free(leaks->related);
    for (uint32_t dump = 0; dump < HG_MAX_DUMPS; dump++) free(leaks->stayed[dump]);
    memset(leaks, 0, sizeof(*leaks));
}

enum { SOME = 256 };

/* Whether some nodes have one on a trail. Without an exit, so that compilers use vectors. */
static bool
has_trail(const uint32_t *trails, uint32_t count, uint32_t trail) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) found |= trails[i] == trail;
    return found != 0;
}

uint32_t
hg_leaks_nodes(const struct hg_growth *growth, uint32_t dump, uint32_t trail, uint32_t *nodes,
               uint32_t limit) {
    const struct hg_growth_dump *of = &growth->dump[dump];
    uint32_t found = 0;
    for (uint32_t from = 0; from < of->graph->objects && found < limit; from += SOME) {
        uint32_t left = of->graph->objects - from, count = left < SOME ? left : SOME;
        if (!has_trail(of->trail + from, count, trail)) continue;
        for (uint32_t node = from; node < from + count && found < limit; node++)
            if (of->trail[node] == trail) nodes[found++] = node;
    }
    return found;
}
