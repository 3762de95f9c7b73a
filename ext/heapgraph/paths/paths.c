/*
 * Place in the flow: see paths.h. Finds the best path to every node by Dijkstra's search. Costs are
 * so small that the queue of a rank is a few lists, one for each of the next lengths.
 *
 * The search runs twice. The first run ends when Object is found (without named constants: when all
 * named modules are found). The nodes on the path there, and what Object leads to by constants,
 * keep their parents from then on. So the second run can begin at all named modules with a cost of
 * 0, and its result is still a tree.
 */
#include "paths/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/list.h"
#include "base/progress.h"
#include "paths/former.h"

enum {
    QUEUES = 4, /* more than the longest step */
    MODULE = 1, /* in `module`: the node is a named module */
    FIXED = 2,  /* in `module`: parent and cost stay; removed in the end */
};

struct owned {
    uint32_t *parent, *name, *cost;
    uint8_t *module;
};

struct search {
    const struct hg_graph *graph;
    const uint64_t *cut; /* NULL, or a bit for each edge: those that do not count */
    struct hg_task *task;
    struct owned *tree;
    struct hg_list queue[QUEUES];        /* nodes of the current rank, by length modulo QUEUES */
    struct hg_numbers pending[HG_RANKS]; /* nodes that wait for their rank */
    const uint8_t *goal;                 /* NULL, or the nodes to find before the search may end */
    uint32_t goals;
    uint64_t settled;
    bool failed; /* there was no memory for a queue */
};

static bool
is_module(const struct hg_graph *graph, uint32_t node) {
    uint8_t type = hg_type(graph, node);
    return (type == HG_T_CLASS || type == HG_T_MODULE) && !(hg_flags(graph, node) & HG_N_SINGLETON);
}

static bool
out_of_memory(const struct search *search) {
    bool failed = search->failed;
    for (int i = 0; i < HG_RANKS; i++) failed |= search->pending[i].failed;
    return failed;
}

static inline void
enqueue(struct search *search, uint32_t length, uint32_t node) {
    uint32_t *added = hg_list_add(&search->queue[length % QUEUES], sizeof(node));
    if (added) *added = node;
    else search->failed = true;
}

static inline bool
is_cut(const struct search *search, uint64_t edge) {
    return search->cut && search->cut[edge / 64] >> edge % 64 & 1;
}

/* Takes the step if that makes the path to its target better. */
static inline void
step_to(struct search *search, uint32_t from, uint32_t to, uint32_t name) {
    struct owned *tree = search->tree;
    uint32_t cost = hg_step_cost(search->graph, tree->cost[from], from, to, name);
    if (cost >= tree->cost[to] || tree->module[to] & FIXED) return;

    tree->cost[to] = cost;
    tree->parent[to] = from;
    tree->name[to] = name;
    enum hg_rank rank = hg_path_rank(cost);
    if (rank == hg_path_rank(tree->cost[from])) {
        enqueue(search, hg_path_length(cost), to);
    }
    else hg_numbers_add(&search->pending[rank], to);
}

static void
expand(struct search *search, uint32_t node) {
    const struct hg_graph *graph = search->graph;
    for (uint64_t edge = hg_first(graph, node), end = hg_first(graph, node + 1); edge < end;
         edge++) {
        if (!hg_edge_holds(hg_name(graph, edge)) || is_cut(search, edge)) continue;
        step_to(search, node, hg_target(graph, edge), hg_name(graph, edge));
    }
    if (hg_class(graph, node) != HG_NO_NODE) {
        step_to(search, node, hg_class(graph, node), HG_CLASS_STEP);
    }
}

static int
compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/*
 * Returns the nodes that wait for a rank and have got no better one meanwhile, as sorted numbers:
 * length << 32 | node. The caller frees them. NULL if there is no memory.
 */
static uint64_t *
sort_pending(struct search *search, enum hg_rank rank, size_t *count) {
    struct hg_numbers *pending = &search->pending[rank];
    uint64_t *sorted = hg_array(pending->count, sizeof(*sorted));
    *count = 0;
    if (!sorted) return NULL;

    for (size_t i = 0; i < pending->count; i++) {
        uint32_t node = pending->items[i], cost = search->tree->cost[node];
        if (hg_path_rank(cost) != rank) continue;
        sorted[(*count)++] = (uint64_t)hg_path_length(cost) << 32 | node;
    }
    qsort(sorted, *count, sizeof(*sorted), compare);
    pending->count = 0;

    /* A node whose path became better while it waited is there twice. */
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (i == 0 || sorted[i] != sorted[i - 1]) sorted[kept++] = sorted[i];
    }
    *count = kept;
    return sorted;
}

/* Takes the path to a node as final. Returns whether the search may end. */
static bool
settle(struct search *search, uint32_t node) {
    if (search->goal && search->goal[node] && --search->goals == 0) return true;
    expand(search, node);
    return false;
}

static enum hg_status
search_rank(struct search *search, enum hg_rank rank, bool *ended) {
    size_t waiting, next = 0;
    uint64_t *pending = sort_pending(search, rank, &waiting);
    enum hg_status status = HG_OK;
    if (!pending) return HG_NO_MEMORY;

    for (uint32_t length = 0, idle = 0; idle < QUEUES || next < waiting; length++) {
        if (idle >= QUEUES) length = (uint32_t)(pending[next] >> 32);
        for (; next < waiting && pending[next] >> 32 == length; next++) {
            enqueue(search, length, (uint32_t)pending[next]);
        }
        struct hg_list *queue = &search->queue[length % QUEUES];
        idle = hg_list_is_empty(queue) ? idle + 1 : 0;

        /*
         * Steps of length 0 may add to this queue meanwhile. What has been read of it makes room
         * for the next ones, which may be as long.
         */
        struct hg_list_reader reader = {.list = queue, .consume = true};
        for (const uint32_t *read; (read = hg_list_next(&reader, sizeof(*read)));) {
            uint32_t node = *read;
            if (search->tree->cost[node] != hg_path_cost(rank, length)) continue;
            if ((*ended = settle(search, node))) goto done;
            if (++search->settled % HG_STRIDE == 0 && !hg_step(search->task, search->settled)) {
                status = HG_STOPPED;
                goto done;
            }
        }
        hg_list_empty(queue);
    }
done:
    hg_array_free(pending);
    return status;
}

/* Finds the best paths from the nodes in the pending lists. */
static enum hg_status
run(struct search *search) {
    bool ended = false;
    enum hg_status status = HG_OK;
    hg_phase(search->task, "paths", search->graph->nodes);
    for (int rank = 0; rank < HG_RANKS && !ended && status == HG_OK; rank++) {
        status = search_rank(search, (enum hg_rank)rank, &ended);
    }
    if (status == HG_OK && out_of_memory(search)) status = HG_NO_MEMORY;
    for (int i = 0; i < QUEUES; i++) hg_list_empty(&search->queue[i]);
    for (int i = 0; i < HG_RANKS; i++) search->pending[i].count = 0;
    return status;
}

static void
begin_at(struct search *search, uint32_t node, uint32_t cost) {
    search->tree->cost[node] = cost;
    hg_numbers_add(&search->pending[hg_path_rank(cost)], node);
}

static uint32_t
find_object(const struct hg_graph *graph) {
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (hg_type(graph, node) == HG_T_CLASS &&
            hg_string_is(graph, hg_label(graph, node), "Object"))
            return node;
    }
    return HG_NO_NODE;
}

/*
 * Gives parents to all modules that Object leads to by constants, except those on the path to
 * Object, which have one already. *count is how many modules there are, Object included. HG_OK or
 * HG_NO_MEMORY.
 */
static enum hg_status
follow_constants(struct search *search, uint32_t object, uint32_t *count) {
    const struct hg_graph *graph = search->graph;
    struct owned *tree = search->tree;
    struct hg_numbers found = {0};

    tree->module[object] |= MODULE | FIXED;
    hg_numbers_add(&found, object);
    for (size_t i = 0; i < found.count; i++) {
        uint32_t node = found.items[i];
        for (uint64_t edge = hg_first(graph, node), end = hg_first(graph, node + 1); edge < end;
             edge++) {
            uint32_t to = hg_target(graph, edge);
            if (hg_edge_kind(hg_name(graph, edge)) != HG_E_CONSTANT || !is_module(graph, to))
                continue;
            if (tree->module[to] & MODULE || is_cut(search, edge)) continue;
            if (!(tree->module[to] & FIXED)) {
                tree->parent[to] = node;
                tree->name[to] = hg_name(graph, edge);
            }
            tree->module[to] |= MODULE | FIXED;
            hg_numbers_add(&found, to);
        }
    }
    *count = (uint32_t)found.count;
    bool failed = found.failed;
    hg_numbers_free(&found);
    return failed ? HG_NO_MEMORY : HG_OK;
}

/* Forgets the paths of the first search, except those to the goals. */
static void
keep_ways(struct search *search) {
    struct owned *tree = search->tree;
    uint32_t nodes = search->graph->nodes;
    for (uint32_t node = 0; node < nodes; node++) {
        if (!search->goal[node]) continue;
        for (uint32_t at = node; at != HG_NO_NODE && !(tree->module[at] & FIXED);
             at = tree->parent[at]) {
            tree->module[at] |= FIXED;
        }
    }
    for (uint32_t node = 0; node < nodes; node++) {
        if (tree->module[node] & FIXED) continue;
        tree->cost[node] = UINT32_MAX;
        tree->parent[node] = tree->name[node] = HG_NO_NODE;
    }
}

/*
 * Runs the first search, until all nodes with a mark in `goal` are found. Goals that are
 * unreachable lose their mark.
 */
static enum hg_status
find_ways(struct search *search, uint8_t *goal, uint32_t goals) {
    search->goal = goal;
    search->goals = goals;
    begin_at(search, search->graph->nodes - 1, 0);
    enum hg_status status = run(search);
    if (status != HG_OK) return status;

    for (uint32_t node = 0; node < search->graph->nodes; node++) {
        if (goal[node] && search->tree->cost[node] == UINT32_MAX) goal[node] = 0;
    }
    keep_ways(search);
    search->goal = NULL;
    return HG_OK;
}

static enum hg_status
find_modules(struct search *search) {
    const struct hg_graph *graph = search->graph;
    uint8_t *goal = hg_array(graph->nodes, 1);
    if (!goal) return HG_NO_MEMORY;

    enum hg_status status = HG_OK;
    uint32_t object = find_object(graph), named = 0;
    if (object != HG_NO_NODE) {
        goal[object] = 1;
        status = find_ways(search, goal, 1);
        if (status == HG_OK && goal[object]) status = follow_constants(search, object, &named);
        if (status != HG_OK || named > 1) goto done;
    }

    /* There are no constants: every module with a name is a named module, the latest of each. */
    uint32_t goals = 0;
    uint8_t *former = hg_array(graph->nodes, 1);
    if (!former || !hg_modules_former(graph, former)) {
        hg_array_free(former);
        status = HG_NO_MEMORY;
        goto done;
    }
    for (uint32_t node = 0; node < graph->nodes; node++) {
        goal[node] = is_module(graph, node) && hg_label(graph, node) != HG_NO_STRING &&
                     !former[node];
        goals += goal[node];
        search->tree->module[node] = 0;
        search->tree->cost[node] = UINT32_MAX;
        search->tree->parent[node] = search->tree->name[node] = HG_NO_NODE;
    }
    hg_array_free(former);
    if (!goals) goto done;
    status = find_ways(search, goal, goals);
    for (uint32_t node = 0; node < graph->nodes && status == HG_OK; node++) {
        if (goal[node]) search->tree->module[node] |= MODULE;
    }
done:
    hg_array_free(goal);
    return status;
}

static enum hg_status
find_parents(struct search *search) {
    uint32_t nodes = search->graph->nodes;
    struct owned *tree = search->tree;
    enum hg_status status = find_modules(search);
    if (status != HG_OK) return status;

    for (uint32_t node = 0; node < nodes; node++) {
        if (tree->module[node] & MODULE) begin_at(search, node, 0);
        else if (tree->module[node] & FIXED && tree->cost[node] != UINT32_MAX) {
            begin_at(search, node, tree->cost[node]);
        }
    }
    begin_at(search, nodes - 1, 0);
    status = run(search);
    for (uint32_t node = 0; node < nodes; node++) tree->module[node] &= MODULE;
    return status;
}

enum hg_status
hg_parents_build(const struct hg_graph *graph, struct hg_task *task, struct hg_parents *parents) {
    return hg_parents_build_without(graph, NULL, task, parents);
}

enum hg_status
hg_parents_build_without(const struct hg_graph *graph, const uint64_t *cut, struct hg_task *task,
                         struct hg_parents *parents) {
    *parents = (struct hg_parents){0};
    struct owned *owned = hg_array(1, sizeof(*owned));
    if (!owned) return HG_NO_MEMORY;

    size_t size = (size_t)graph->nodes * sizeof(*owned->parent);
    parents->owned = owned;
    parents->parent.array = owned->parent = hg_array(graph->nodes, sizeof(*owned->parent));
    parents->name.array = owned->name = hg_array(graph->nodes, sizeof(*owned->name));
    parents->cost.array = owned->cost = hg_array(graph->nodes, sizeof(*owned->cost));
    parents->module.array = owned->module = hg_array(graph->nodes, 1);

    struct search search = {.graph = graph, .cut = cut, .task = task, .tree = owned};
    enum hg_status status = HG_NO_MEMORY;
    if (owned->parent && owned->name && owned->cost && owned->module) {
        memset(owned->parent, 0xff, size);
        memset(owned->name, 0xff, size);
        memset(owned->cost, 0xff, size);
        status = find_parents(&search);
    }
    for (int i = 0; i < QUEUES; i++) hg_list_free(&search.queue[i]);
    for (int i = 0; i < HG_RANKS; i++) hg_numbers_free(&search.pending[i]);
    if (status != HG_OK) hg_parents_free(parents);
    return status;
}

void
hg_parents_free(struct hg_parents *parents) {
    struct owned *owned = parents->owned;
    if (owned) {
        hg_array_free(owned->parent);
        hg_array_free(owned->name);
        hg_array_free(owned->cost);
        hg_array_free(owned->module);
        hg_array_free(owned);
    }
    *parents = (struct hg_parents){0};
}
