/*
 * Place in the flow: see leaks.h. What grew outside of all leaks, by class. Nothing of it is on a
 * trail that grows as a leak does, or else only the VM holds it; but it may be why the heap grew.
 */
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "growth/leak.h"

/* The trail of some objects, and what they have in common with those of other trails. */
struct member {
    uint64_t class;
    uint32_t anchor; /* the trail of the module or root where the path begins, if the VM holds it */
    uint32_t trail;
    bool vm;
};

struct kinds {
    const struct hg_growth *growth;
    struct hg_leaks *leaks;
    uint32_t trails;
    uint32_t *anchor; /* by trail: the first trail of its path */
    uint8_t *vm;      /* by trail: whether there is nothing of the program on the path */
    struct member *members;
    size_t count;
};

/* Whether the objects of a trail are the VM's if the VM holds them. */
static bool
may_be_of_vm(const struct hg_trail_facts *facts) {
    bool code = facts->type == HG_T_CLASS || facts->type == HG_T_MODULE;
    return code || facts->rank >= HG_RANK_CACHE ||
           facts->marks & (HG_TRAIL_HIDDEN | HG_TRAIL_VM | HG_TRAIL_CODE);
}

static void
find_members(struct kinds *kinds) {
    const struct hg_growth *growth = kinds->growth;
    for (uint32_t trail = 1; trail < kinds->trails; trail++) {
        const struct hg_trail_facts *facts = &growth->facts[trail];
        uint32_t above = growth->trails.items[trail].parent;
        bool first = above == 0 || above == HG_NO_TRAIL;
        bool top = facts->type == HG_T_ROOT || facts->type == HG_T_CLASS ||
                   facts->type == HG_T_MODULE;
        kinds->anchor[trail] = first ? trail : kinds->anchor[above];
        kinds->vm[trail] = facts->marks & HG_TRAIL_CACHE ? 1
                           : first                       ? top
                                                         : kinds->vm[above] && may_be_of_vm(facts);
        if (kinds->leaks->below[trail] || facts->type == HG_T_ROOT) continue;
        kinds->members[kinds->count++] = (struct member){
            .class = facts->class,
            .anchor = kinds->vm[trail] ? kinds->anchor[trail] : 0,
            .trail = trail,
            .vm = kinds->vm[trail],
        };
    }
}

static int
compare(const void *left, const void *right) {
    const struct member *a = left, *b = right;
    if (a->class != b->class) return a->class < b->class ? -1 : 1;
    if (a->vm != b->vm) return a->vm ? 1 : -1;
    if (a->anchor != b->anchor) return a->anchor < b->anchor ? -1 : 1;
    return a->trail < b->trail ? -1 : a->trail > b->trail;
}

static int64_t
growth_of(const struct hg_growth *growth, const struct hg_trail_sum *sums) {
    return (int64_t)(sums[growth->dumps - 1].bytes - sums[0].bytes);
}

static void
add_trail(const struct hg_growth *growth, uint32_t trail, struct hg_trail_sum *sums) {
    for (uint32_t dump = 0; dump < growth->dumps; dump++) {
        struct hg_trail_sum sum = hg_growth_sum(growth, dump, trail);
        sums[dump].count += sum.count;
        sums[dump].bytes += sum.bytes;
    }
}

/* Adds a kind. If there is no room, the one that grew least is dropped. */
static void
add(struct kinds *kinds, const struct hg_leak_kind *kind) {
    struct hg_leaks *leaks = kinds->leaks;
    int64_t grew = growth_of(kinds->growth, kind->sum);
    if (grew <= 0) return;
    uint32_t at = leaks->kinds;
    if (at == HG_MAX_KINDS && growth_of(kinds->growth, leaks->kind[at - 1].sum) >= grew) return;
    if (at < HG_MAX_KINDS) leaks->kinds++;
    else at--;
    for (; at > 0 && growth_of(kinds->growth, leaks->kind[at - 1].sum) < grew; at--)
        leaks->kind[at] = leaks->kind[at - 1];
    leaks->kind[at] = *kind;
}

static bool
same_kind(const struct member *a, const struct member *b) {
    return a->class == b->class && a->vm == b->vm;
}

static void
sum_up(struct kinds *kinds) {
    const struct member *all = kinds->members;
    for (size_t from = 0, to = 0; from < kinds->count; from = to) {
        struct hg_leak_kind kind = {.vm = all[from].vm, .example = HG_NO_NODE};
        int64_t most = INT64_MIN;
        while (to < kinds->count && same_kind(&all[from], &all[to])) {
            struct hg_trail_sum part[HG_MAX_DUMPS] = {{0}};
            uint32_t anchor = all[to].anchor;
            size_t begin = to;
            for (; to < kinds->count && same_kind(&all[from], &all[to]) && all[to].anchor == anchor;
                 to++) {
                add_trail(kinds->growth, all[to].trail, part);
                add_trail(kinds->growth, all[to].trail, kind.sum);
            }
            if (growth_of(kinds->growth, part) <= most) continue;
            most = growth_of(kinds->growth, part);
            memcpy(kind.part, part, sizeof(part));
            kind.first = begin;
            kind.behind = to;
        }
        add(kinds, &kind);
    }
}

/* Finds an example for each kind in its part: a new object if there is one. */
static enum hg_status
find_examples(struct kinds *kinds, struct hg_task *task) {
    struct hg_leaks *leaks = kinds->leaks;
    const struct hg_growth *growth = kinds->growth;
    const struct hg_growth_dump *last = &growth->dump[growth->dumps - 1];
    bool new[HG_MAX_KINDS] = {false};
    memset(kinds->vm, 0, kinds->trails); // from here on by trail: the number of its kind + 1
    for (uint32_t i = 0; i < leaks->kinds; i++) {
        for (size_t k = leaks->kind[i].first; k < leaks->kind[i].behind; k++)
            kinds->vm[kinds->members[k].trail] = (uint8_t)(i + 1);
    }
    for (uint32_t node = 0; node < last->graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) return HG_STOPPED;
        uint32_t trail = last->trail[node], number = trail == HG_NO_TRAIL ? 0 : kinds->vm[trail];
        if (!number || new[number - 1]) continue;
        bool is_new = hg_growth_is_new(growth, node);
        if (is_new || leaks->kind[number - 1].example == HG_NO_NODE)
            leaks->kind[number - 1].example = node;
        new[number - 1] = is_new;
    }
    return HG_OK;
}

enum hg_status
hg_leaks_kinds(const struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks) {
    struct kinds kinds = {.growth = growth, .leaks = leaks, .trails = growth->trails.count};
    kinds.anchor = calloc(kinds.trails, sizeof(*kinds.anchor));
    kinds.vm = calloc(kinds.trails, 1);
    kinds.members = calloc(kinds.trails, sizeof(*kinds.members));
    enum hg_status status = HG_NO_MEMORY;
    if (kinds.anchor && kinds.vm && kinds.members) {
        find_members(&kinds);
        qsort(kinds.members, kinds.count, sizeof(*kinds.members), compare);
        sum_up(&kinds);
        status = find_examples(&kinds, task);
    }
    free(kinds.anchor);
    free(kinds.vm);
    free(kinds.members);
    return status;
}
