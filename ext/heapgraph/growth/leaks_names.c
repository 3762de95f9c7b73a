/*
 * Place in the flow: see leaks_names.h.
 */
#include "growth/leaks_names.h"

#include <stdlib.h>
#include <string.h>

#include "growth/leaks.h"

/* Kinds of names that a program can make at any time. */
static const uint8_t KINDS[] = {HG_E_CONSTANT, HG_E_IVAR,   HG_E_CVAR,
                                HG_E_METHOD,   HG_E_GLOBAL, HG_E_FIBER_LOCAL};
#define N_KINDS ((uint32_t)sizeof(KINDS))

static uint32_t
index_of(uint8_t kind) {
    uint32_t i = 0;
    while (i < N_KINDS && KINDS[i] != kind) i++;
    return i;
}

/*
 * Calls `name` for each node of a dump that is the first on its trail and is held by a name of such
 * a kind, with the trail of its holder. A named module begins a trail of its own; its holder is the
 * module above it.
 */
static void
each_name(const struct hg_growth_dump *dump,
          void (*name)(void *data, uint32_t node, uint32_t above, uint32_t kind), void *data) {
    for (uint32_t i = 0; i < dump->firsts; i++) {
        const struct hg_first *first = &dump->first[i];
        uint32_t kind = index_of(first->kind);
        if (kind < N_KINDS) name(data, first->node, first->above, kind);
    }
}

struct count {
    uint32_t *counts; /* trail × N_KINDS + kind */
};

static void
count_name(void *data, uint32_t node, uint32_t above, uint32_t kind) {
    struct count *count = data;
    count->counts[(size_t)above * N_KINDS + kind]++;
}

static void
keep(struct hg_leak_names *names, uint32_t *found, const struct hg_leak_names *one, uint32_t last) {
    uint32_t grew = one->count[last] - one->count[0], at = *found;
    if (at == HG_MAX_NAMES && names[at - 1].count[last] - names[at - 1].count[0] >= grew) return;
    if (at < HG_MAX_NAMES) ++*found;
    else at--;
    for (; at > 0 && names[at - 1].count[last] - names[at - 1].count[0] < grew; at--)
        names[at] = names[at - 1];
    names[at] = *one;
}

/* Whether there are more names from dump to dump; the trail itself must not have more objects. */
static bool
grows(const struct hg_growth *growth, uint32_t *const *counts, size_t at,
      struct hg_leak_names *one) {
    uint64_t all[HG_MAX_DUMPS];
    for (uint32_t dump = 0; dump < growth->dumps; dump++)
        all[dump] = one->count[dump] = counts[dump][at];
    if (!hg_counts_grow(growth, all)) return false;
    return hg_growth_count(growth, growth->dumps - 1, one->trail) <=
           hg_growth_count(growth, 0, one->trail);
}

static bool
may_be_told(const struct hg_trail_facts *facts) {
    return facts->rank < HG_RANK_CACHE && !(facts->marks & (HG_TRAIL_CODE | HG_TRAIL_VM));
}

enum hg_status
hg_leaks_names(const struct hg_growth *growth, struct hg_leak_names *names, uint32_t *found) {
    uint32_t *counts[HG_MAX_DUMPS] = {NULL};
    size_t entries = (size_t)growth->trails.count * N_KINDS;
    bool enough = true;
    *found = 0;
    for (uint32_t dump = 0; dump < growth->dumps && enough; dump++) {
        counts[dump] = calloc(entries, sizeof(**counts));
        enough = counts[dump] != NULL;
        if (!enough) break;
        struct count count = {counts[dump]};
        each_name(&growth->dump[dump], count_name, &count);
    }
    for (size_t at = 0; at < entries && enough; at++) {
        struct hg_leak_names one = {.trail = (uint32_t)(at / N_KINDS), .kind = KINDS[at % N_KINDS]};
        if (!may_be_told(&growth->facts[one.trail]) || !grows(growth, counts, at, &one)) continue;
        keep(names, found, &one, growth->dumps - 1);
    }
    for (uint32_t dump = 0; dump < growth->dumps; dump++) free(counts[dump]);
    return enough ? HG_OK : HG_NO_MEMORY;
}

struct collect {
    const struct hg_leak_names *names;
    uint32_t *nodes, limit, found;
};

static void
collect_name(void *data, uint32_t node, uint32_t above, uint32_t kind) {
    struct collect *collect = data;
    if (above != collect->names->trail || KINDS[kind] != collect->names->kind) return;
    if (collect->found < collect->limit) collect->nodes[collect->found++] = node;
}

uint32_t
hg_leaks_named(const struct hg_growth *growth, uint32_t dump, const struct hg_leak_names *names,
               uint32_t *nodes, uint32_t limit) {
    struct collect collect = {.names = names, .nodes = nodes, .limit = limit};
    each_name(&growth->dump[dump], collect_name, &collect);
    return collect.found;
}
