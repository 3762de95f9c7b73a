/*
 * Place in the flow: behind paths. Finds paths to one node: the best one, which the tree of parents
 * has, and others.
 *
 *   root … holder … referrer -> entry … node
 *   by the tree            edge   by the search
 *
 * The search goes backwards from the node, breadth first. An entry is a node that it has reached.
 * Every edge that it sees from a referrer to an entry is a detour and stands for one path: the best
 * path to the referrer, the edge, and the rest of the path from the entry to the node. The detours
 * are tried in order, the best one first.
 */
#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/progress.h"
#include "paths/paths.h"

enum { BUDGET = 200000 };

/* A node that the search has reached, and the rest of the path from there to the node. */
struct entry {
    uint32_t node;
    uint32_t name;   /* of the edge to the next entry */
    uint32_t next;   /* number of the next entry; the node that was asked for has its own */
    uint32_t rank;   /* of the rest of the path */
    uint32_t length; /* of the rest of the path */
    size_t tried;    /* 1 + number of the last detour whose path led through here */
};

struct detour {
    uint32_t cost; /* of the whole path */
    uint32_t referrer, entry, name;
};

/* A set of numbers with a value for each; open addressing. 0 is never a member. */
struct set {
    uint64_t *keys;
    uint32_t *values;
    size_t count, room; /* a power of two */
};

struct detours {
    const struct hg_graph *graph;
    const struct hg_inverse *inverse;
    const struct hg_parents *parents;
    struct hg_task *task;
    struct set reached; /* node + 1 → number of its entry */
    struct entry *entries;
    struct detour *detours;
    size_t entry_count, entry_room;
    size_t detour_count, detour_room;
    uint64_t left; /* how much of the budget is left */
};

static size_t
slot_of(const struct set *set, uint64_t key) {
    size_t slot = hg_spread(key) & (set->room - 1);
    while (set->keys[slot] && set->keys[slot] != key) slot = (slot + 1) & (set->room - 1);
    return slot;
}

static const uint32_t *
set_value(const struct set *set, uint64_t key) {
    if (!set->room) return NULL;
    size_t slot = slot_of(set, key);
    return set->keys[slot] == key ? &set->values[slot] : NULL;
}

static bool
set_has(const struct set *set, uint64_t key) {
    return set_value(set, key) != NULL;
}

static void
set_free(struct set *set) {
    hg_array_free(set->keys);
    hg_array_free(set->values);
    *set = (struct set){0};
}

static bool
set_grow(struct set *set) {
    struct set larger = {.room = set->room ? 2 * set->room : 1024, .count = set->count};
    larger.keys = hg_array(larger.room, sizeof(*larger.keys));
    larger.values = hg_array(larger.room, sizeof(*larger.values));
    if (!larger.keys || !larger.values) {
        set_free(&larger);
        return false;
    }
    for (size_t i = 0; i < set->room; i++) {
        if (!set->keys[i]) continue;
        size_t slot = slot_of(&larger, set->keys[i]);
        larger.keys[slot] = set->keys[i];
        larger.values[slot] = set->values[i];
    }
    set_free(set);
    *set = larger;
    return true;
}

static bool
set_add(struct set *set, uint64_t key, uint32_t value) {
    if (2 * set->count >= set->room && !set_grow(set)) return false;
    size_t slot = slot_of(set, key);
    if (!set->keys[slot]) set->count++;
    set->keys[slot] = key;
    set->values[slot] = value;
    return true;
}

/* -- the best path -- */

static void
name_holder(const struct hg_graph *graph, const struct hg_parents *parents, struct hg_path *path) {
    path->holder = path->length > 1 && path->steps[0].node >= graph->objects ? 1 : 0;
    for (uint32_t i = 0; i + 1 < path->length; i++) {
        if (hg_parent_module(parents, path->steps[i].node)) path->holder = i;
    }
}

/* How many steps the best path to a node has, without the virtual root. */
static uint32_t
depth_of(const struct hg_parents *parents, uint32_t node) {
    uint32_t depth = 0;
    for (; hg_parent(parents, node) != HG_NO_NODE; node = hg_parent(parents, node)) depth++;
    return depth;
}

/* Writes the best path to a node so that its last step is before `end`. */
static void
write_best(const struct hg_parents *parents, uint32_t node, struct hg_path_step *end) {
    for (; hg_parent(parents, node) != HG_NO_NODE; node = hg_parent(parents, node)) {
        *--end = (struct hg_path_step){node, hg_parent_name(parents, node)};
    }
}

enum hg_status
hg_path_to(const struct hg_graph *graph, const struct hg_parents *parents, uint32_t node,
           struct hg_path *path) {
    *path = (struct hg_path){.disjoint = true};
    uint32_t length = depth_of(parents, node);
    if (!length) return HG_OK;

    path->steps = calloc(length, sizeof(*path->steps));
    if (!path->steps) return HG_NO_MEMORY;
    path->length = length;
    path->rank = hg_path_rank(hg_parent_cost(parents, node));
    write_best(parents, node, path->steps + length);
    name_holder(graph, parents, path);
    return HG_OK;
}

void
hg_path_free(struct hg_path *path) {
    free(path->steps);
    *path = (struct hg_path){0};
}

/* -- the search -- */

static bool
make_room(struct detours *detours) {
    return hg_grow(&detours->entries, detours->entry_count, &detours->entry_room, 256,
                   sizeof(*detours->entries)) &&
           hg_grow(&detours->detours, detours->detour_count, &detours->detour_room, 256,
                   sizeof(*detours->detours));
}

/* Looks at one edge to entry number `at`. Returns false if there is no memory. */
static bool
see_edge(struct detours *detours, uint32_t at, uint32_t referrer, uint32_t name) {
    const struct hg_parents *parents = detours->parents;
    if (!make_room(detours)) return false;

    const struct entry *entry = &detours->entries[at];
    uint32_t rank = hg_step_rank(detours->graph, referrer, entry->node, name);
    if (rank < entry->rank) rank = entry->rank;
    uint32_t length = entry->length + hg_step_length(detours->graph, entry->node, name);

    /* A path that the tree has already is no detour, and garbage has no path from a root. */
    if (hg_parent_cost(parents, referrer) == UINT32_MAX) return true;
    if (hg_parent(parents, entry->node) != referrer) {
        uint32_t before = hg_parent_cost(parents, referrer);
        uint32_t worst = rank > hg_path_rank(before) ? rank : hg_path_rank(before);
        detours->detours[detours->detour_count++] = (struct detour){
            hg_path_cost((enum hg_rank)worst, hg_path_length(before) + length), referrer, at, name};
    }
    /* A path begins at a named module, whatever leads to it: the search stops there. */
    if (hg_parent_module(parents, referrer) || referrer >= detours->graph->objects) return true;
    if (set_has(&detours->reached, (uint64_t)referrer + 1)) return true;

    uint32_t number = (uint32_t)detours->entry_count++;
    detours->entries[number] = (struct entry){referrer, name, at, rank, length, 0};
    return set_add(&detours->reached, (uint64_t)referrer + 1, number);
}

/*
 * Finds the best edge by which one node holds another, and returns whether there is one. A node
 * with many edges takes more of the budget.
 */
static bool
best_edge(struct detours *detours, uint32_t from, uint32_t to, uint32_t *name) {
    enum { FREE = 256 };
    const struct hg_graph *graph = detours->graph;
    uint64_t cost = 1 + (hg_first(graph, from + 1) - hg_first(graph, from)) / FREE;
    detours->left -= cost < detours->left ? cost : detours->left;
    return hg_edge_between(graph, from, to, name) && hg_edge_holds(*name);
}

static enum hg_status
see_referrers(struct detours *detours, uint32_t at) {
    const struct hg_inverse *inverse = detours->inverse;
    uint32_t node = detours->entries[at].node, name, before = HG_NO_NODE;

    for (uint64_t i = hg_inverse_first(inverse, node), end = hg_inverse_first(inverse, node + 1);
         i < end; i++) {
        uint32_t from = hg_inverse_source(inverse, i);
        if (!detours->left) return HG_OK;
        if (from == before || !best_edge(detours, from, node, &name)) continue;
        if (hg_edge_kind(name) == HG_E_CLASS) continue;
        before = from;
        if (!see_edge(detours, at, from, name)) return HG_NO_MEMORY;
    }
    if (hg_parent_module(detours->parents, node)) return HG_OK;
    for (uint32_t from = hg_first_instance(inverse, node); from != HG_NO_NODE;
         from = hg_next_instance(detours->graph, inverse, node, from)) {
        if (!detours->left) return HG_OK;
        if (!best_edge(detours, from, node, &name) || hg_edge_kind(name) != HG_E_CLASS) continue;
        if (!see_edge(detours, at, from, name)) return HG_NO_MEMORY;
    }
    return HG_OK;
}

static enum hg_status
search_backwards(struct detours *detours, uint32_t node) {
    if (!make_room(detours)) return HG_NO_MEMORY;
    detours->entries[detours->entry_count++] = (struct entry){.node = node};
    if (!set_add(&detours->reached, (uint64_t)node + 1, 0)) return HG_NO_MEMORY;

    hg_phase(detours->task, "paths", detours->left);
    for (uint32_t at = 0; at < detours->entry_count && detours->left; at++) {
        enum hg_status status = see_referrers(detours, at);
        if (status != HG_OK) return status;
        if (!hg_step(detours->task, at)) return HG_STOPPED;
    }
    return HG_OK;
}

/* -- the choice -- */

static int
compare_detours(const void *left, const void *right) {
    const struct detour *a = left, *b = right;
    if (a->cost != b->cost) return a->cost < b->cost ? -1 : 1;
    if (a->entry != b->entry) return a->entry < b->entry ? -1 : 1;
    return a->referrer < b->referrer ? -1 : a->referrer > b->referrer;
}

/* The paths that have been chosen so far. */
struct choice {
    struct hg_path *paths;
    uint32_t limit, found;
    struct set used; /* edges as from + 1 << 32 | to */
    uint64_t left;   /* steps that may still be looked at */
};

static uint64_t
edge_key(uint32_t from, uint32_t to) {
    return ((uint64_t)from + 1) << 32 | to;
}

/*
 * The index of the first step whose edge counts when paths are compared: no two disjoint paths may
 * share it or one behind it.
 */
static uint32_t
own_steps(const struct hg_parents *parents, const struct hg_path *path) {
    return path->holder + (hg_parent_module(parents, path->steps[path->holder].node) != 0);
}

static bool
choose(struct choice *choice, const struct hg_graph *graph, const struct hg_parents *parents,
       struct hg_path *path) {
    uint32_t from = graph->nodes - 1;
    for (uint32_t i = 0, begin = own_steps(parents, path); i < path->length; i++) {
        uint32_t to = path->steps[i].node;
        if (i >= begin && !set_add(&choice->used, edge_key(from, to), 0)) return false;
        from = to;
    }
    choice->paths[choice->found++] = *path;
    *path = (struct hg_path){0};
    return true;
}

/*
 * Goes from the entry of a detour to the node and leaves the number of the detour at each entry.
 * Returns false if the steps are used up, or (with `disjoint`) if the path shares an edge with one
 * that has been chosen.
 */
static bool
way_on_fits(struct detours *detours, struct choice *choice, size_t number, bool disjoint) {
    const struct detour *detour = &detours->detours[number];
    uint32_t from = detour->referrer, at = detour->entry;
    for (;;) {
        struct entry *entry = &detours->entries[at];
        if (!choice->left) return false;
        choice->left--;
        entry->tried = number + 1;
        if (disjoint && set_has(&choice->used, edge_key(from, entry->node))) return false;
        if (entry->next == at) return true;
        from = entry->node;
        at = entry->next;
    }
}

/*
 * Does the same from the referrer of a detour upwards, and counts the steps. Returns false also if
 * this part of the path meets the part from the entry on.
 */
static bool
way_to_fits(const struct detours *detours, struct choice *choice, size_t number, bool disjoint,
            uint32_t *steps) {
    const struct hg_parents *parents = detours->parents;
    bool permanent = false;
    *steps = 0;
    for (uint32_t node = detours->detours[number].referrer; hg_parent(parents, node) != HG_NO_NODE;
         node = hg_parent(parents, node)) {
        if (!choice->left) return false;
        choice->left--;
        ++*steps;
        permanent |= hg_parent_module(parents, node);
        const uint32_t *entry = set_value(&detours->reached, (uint64_t)node + 1);
        if (entry && detours->entries[*entry].tried == number + 1) return false;
        if (disjoint && !permanent &&
            set_has(&choice->used, edge_key(hg_parent(parents, node), node))) {
            return false;
        }
    }
    return true;
}

static enum hg_status
build_path(const struct detours *detours, const struct detour *detour, uint32_t steps,
           struct hg_path *path) {
    const struct entry *entries = detours->entries;
    uint32_t length = steps + 1;
    for (uint32_t at = detour->entry; entries[at].next != at; at = entries[at].next) length++;

    *path = (struct hg_path){.length = length, .rank = hg_path_rank(detour->cost)};
    path->steps = malloc(length * sizeof(*path->steps));
    if (!path->steps) return HG_NO_MEMORY;

    write_best(detours->parents, detour->referrer, path->steps + steps);
    uint32_t name = detour->name;
    const struct entry *entry = &entries[detour->entry];
    for (uint32_t i = steps; i < length; i++) {
        path->steps[i] = (struct hg_path_step){entry->node, name};
        name = entry->name;
        entry = &entries[entry->next];
    }
    name_holder(detours->graph, detours->parents, path);
    return HG_OK;
}

/*
 * Tries all detours, the best one first. A detour that is chosen gets HG_NO_NODE as its referrer.
 */
static enum hg_status
choose_detours(struct detours *detours, struct choice *choice, bool disjoint) {
    for (size_t i = 0; i < detours->detour_count && choice->found < choice->limit; i++) {
        struct detour *detour = &detours->detours[i];
        struct hg_path path;
        uint32_t steps;
        if (detour->referrer == HG_NO_NODE) continue;
        if (!way_on_fits(detours, choice, i, disjoint)) continue;
        if (!way_to_fits(detours, choice, i, disjoint, &steps)) continue;
        if (build_path(detours, detour, steps, &path) != HG_OK) return HG_NO_MEMORY;

        path.disjoint = disjoint;
        if (!choose(choice, detours->graph, detours->parents, &path)) {
            hg_path_free(&path);
            return HG_NO_MEMORY;
        }
        detour->referrer = HG_NO_NODE;
        if (!hg_step(detours->task, i)) return HG_STOPPED;
    }
    return HG_OK;
}

static enum hg_status
find_others(struct detours *detours, uint32_t node, struct choice *choice) {
    enum { TRIES = 20 }; /* how many steps may be looked at for each edge of the budget */
    choice->left = TRIES * detours->left;
    enum hg_status status = search_backwards(detours, node);
    if (status != HG_OK) return status;

    if (detours->detour_count) {
        qsort(detours->detours, detours->detour_count, sizeof(*detours->detours), compare_detours);
    }
    status = choose_detours(detours, choice, true);
    if (status != HG_OK) return status;
    return choose_detours(detours, choice, false);
}

enum hg_status
hg_paths(const struct hg_graph *graph, const struct hg_inverse *inverse,
         const struct hg_parents *parents, uint32_t node, uint32_t limit, uint64_t budget,
         struct hg_task *task, struct hg_path *paths, uint32_t *found, bool *more) {
    struct choice choice = {.paths = paths, .limit = limit};
    struct detours detours = {.graph = graph, .inverse = inverse, .parents = parents, .task = task};
    struct hg_path best;
    *found = 0;
    *more = false;
    detours.left = budget ? budget : BUDGET;

    enum hg_status status = hg_path_to(graph, parents, node, &best);
    if (status == HG_OK && limit && best.length) {
        if (!choose(&choice, graph, parents, &best)) status = HG_NO_MEMORY;
        else if (limit > 1) status = find_others(&detours, node, &choice);
        *more = limit > 1 && (!detours.left || !choice.left);
    }
    hg_path_free(&best);
    set_free(&detours.reached);
    set_free(&choice.used);
    free(detours.entries);
    free(detours.detours);
    if (status == HG_OK) {
        *found = choice.found;
        return HG_OK;
    }
    for (uint32_t i = 0; i < choice.found; i++) hg_path_free(&paths[i]);
    return status;
}
