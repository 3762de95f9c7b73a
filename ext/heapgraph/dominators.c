/*
 * Place in the flow: see dominators.h. Semi-NCA (Georgiadis 2005): like Lengauer-Tarjan it finds
 * semidominators by path compression, but takes each immediate dominator as the nearest common
 * ancestor in the tree built so far, which needs no buckets.
 *
 *   1 number     depth first from the virtual root; every node gets its number in preorder
 *   2 reverse    predecessors of each number, tree edges left out
 *   3 semi       semidominators, from the last number to the first
 *   4 nca        immediate dominators, from the first number to the last
 *   5 lay out    positions in preorder of the new tree, retained sizes
 *
 * All arrays but one are by number, not by node: depth-first order is where neighbours are near.
 * Several arrays are used twice; `struct work` says for what.
 */
#include "dominators.h"

#include <string.h>
#include <sys/mman.h>

#include "array.h"
#include "progress.h"

/* How many elements ahead memory is asked for what will be needed. */
enum { AHEAD = 8 };

/* What step 1 finds of a number. Its parent becomes its immediate dominator in step 4. */
struct vertex {
    uint32_t parent;
    uint32_t preds; /* 1: how many; 2: where they end, then where they begin */
};

/* The forest of step 3. */
struct link {
    uint32_t ancestor; /* some ancestor in the depth-first tree, nearer to its root each time */
    uint32_t best;     /* least semidominator on the way there, that excluded */
};

struct work {
    const struct hg_graph *graph;
    struct hg_task *task;
    const uint64_t *weak;  /* one bit per node: has weak edges */
    uint32_t *number;      /* by node: 1, 2 its number; by number: 3, 4 its semidominator */
    uint32_t *node;        /* by number */
    struct vertex *vertex; /* by number, and one more */
    struct link *link;     /* by number: 3 the forest; 1 (as uint64_t) the next edge to look at */
    uint32_t *pred;        /* 2, 3 numbers of predecessors */
    uint32_t *stack;       /* 3 the path to compress */
    uint32_t reached;
};

/* Where a node has no weak edges, which is nearly everywhere, its names need not be read. */
static uint64_t *
find_weak(const struct hg_graph *graph) {
    uint64_t *weak = hg_array((size_t)graph->nodes / 64 + 1, sizeof(*weak));
    if (!weak) return NULL;

    uint32_t node = 0;
    for (uint64_t edge = 0; edge < graph->edges; edge++) {
        if (hg_edge_holds(graph->name[edge])) continue;
        while (graph->first[node + 1] <= edge) node++;
        weak[node / 64] |= UINT64_C(1) << node % 64;
    }
    return weak;
}

/* Where the graph lies in a file, what is not needed next need not stay in memory. */
static void
let_go(const struct hg_graph *graph) {
    if (graph->mapping)
        (void)madvise((void *)(uintptr_t)graph->mapping, graph->mapped, MADV_DONTNEED);
}

static inline bool
has_weak(const struct work *work, uint32_t node) {
    return work->weak[node / 64] >> node % 64 & 1;
}

static enum hg_status
number_nodes(struct work *work) {
    const struct hg_graph *graph = work->graph;
    const uint32_t *first = graph->first;
    uint32_t *number = work->number;
    struct vertex *vertex = work->vertex;
    uint64_t *next_edge = (uint64_t *)work->link;

    hg_phase(work->task, "numbering", graph->nodes);
    memset(number, 0xff, (size_t)graph->nodes * sizeof(*number));

    uint32_t node = graph->nodes - 1, at = 0, last = 0;
    uint64_t edge = first[node], end = first[node + 1], steps = 0;
    bool weak = has_weak(work, node);
    number[node] = 0;
    work->node[0] = node;

    for (;;) {
        uint32_t child = HG_NO_NODE;
        /* edge == end stands for the class. */
        while (edge <= end) {
            uint32_t target;
            if (edge == end) target = graph->class_node[node];
            else if (weak && !hg_edge_holds(graph->name[edge])) target = HG_NO_NODE;
            else target = graph->target[edge];
            edge++;
            if (target == HG_NO_NODE) continue;

            uint32_t seen = number[target];
            if (seen == HG_NO_NODE) {
                child = target;
                break;
            }
            if (seen != at && vertex[seen].parent != at) vertex[seen].preds++;
        }
        if (child != HG_NO_NODE) {
            next_edge[at] = edge;
            last++;
            number[child] = last;
            work->node[last] = child;
            vertex[last].parent = at;
            at = last;
            node = child;
            edge = first[node];
        }
        else {
            if (at == 0) break;
            at = vertex[at].parent;
            node = work->node[at];
            edge = next_edge[at];
        }
        end = first[node + 1];
        weak = has_weak(work, node);
        if (++steps % HG_STRIDE == 0 && !hg_step(work->task, last)) return HG_STOPPED;
    }
    work->reached = last + 1;
    return HG_OK;
}

/* Has what the next numbers need on its way from memory, in the order in which one leads to the next. */
static inline void
fetch_edges(const struct work *work, uint32_t at) {
    const struct hg_graph *graph = work->graph;
    uint32_t far = work->node[at + AHEAD], near = work->node[at + AHEAD / 2],
             next = work->node[at + AHEAD / 4];
    __builtin_prefetch(&graph->first[far]);
    __builtin_prefetch(&graph->class_node[far]);
    __builtin_prefetch(&graph->target[graph->first[near]]);
    uint64_t edge = graph->first[next], end = graph->first[next + 1];
    for (int i = 0; i < 3 && edge < end; i++, edge++) {
        __builtin_prefetch(&work->number[graph->target[edge]]);
    }
}

static enum hg_status
reverse_edges(struct work *work) {
    const struct hg_graph *graph = work->graph;
    const uint32_t *number = work->number;
    struct vertex *vertex = work->vertex;
    uint32_t reached = work->reached;

    hg_phase(work->task, "reversing", reached);
    uint64_t total = 0;
    for (uint32_t at = 0; at < reached; at++) {
        total += vertex[at].preds;
        if (total > UINT32_MAX) return HG_TOO_LARGE;
        vertex[at].preds = (uint32_t)total;
    }
    vertex[reached].preds = (uint32_t)total;
    work->pred = hg_array(total + AHEAD, sizeof(*work->pred));
    if (!work->pred) return HG_NO_MEMORY;

    for (uint32_t at = 0; at < reached; at++) {
        uint32_t node = work->node[at];
        uint64_t end = graph->first[node + 1];
        if (at + AHEAD < reached) fetch_edges(work, at);
        bool weak = has_weak(work, node);

        for (uint64_t edge = graph->first[node]; edge <= end; edge++) {
            uint32_t target;
            if (edge == end) target = graph->class_node[node];
            else if (weak && !hg_edge_holds(graph->name[edge])) target = HG_NO_NODE;
            else target = graph->target[edge];
            if (target == HG_NO_NODE) continue;

            struct vertex *to = &vertex[number[target]];
            if (number[target] != at && to->parent != at) work->pred[--to->preds] = at;
        }
        if (at % HG_STRIDE == 0 && !hg_step(work->task, at)) return HG_STOPPED;
    }
    return HG_OK;
}

/*
 * The least semidominator on the path from `at` up to, and without, its last ancestor that is not
 * above `limit`; then all on the path point there.
 */
static inline uint32_t
evaluate(struct link *link, uint32_t *stack, uint32_t at, uint32_t limit) {
    uint32_t ancestor = link[at].ancestor;
    if (ancestor <= limit) return link[at].best;

    size_t depth = 0;
    uint32_t above = at;
    do {
        stack[depth++] = above;
        above = ancestor;
        ancestor = link[above].ancestor;
    } while (ancestor > limit);

    uint32_t best = link[above].best;
    while (depth > 0) {
        struct link *below = &link[stack[--depth]];
        if (best < below->best) below->best = best;
        else best = below->best;
        below->ancestor = ancestor;
    }
    return best;
}

static enum hg_status
find_semidominators(struct work *work) {
    const struct vertex *vertex = work->vertex;
    const uint32_t *pred = work->pred;
    struct link *link = work->link;
    uint32_t *semi = work->number;

    hg_phase(work->task, "dominators", work->reached);
    for (uint32_t at = 0; at < work->reached; at++) link[at].ancestor = vertex[at].parent;

    for (uint32_t at = work->reached - 1; at > 0; at--) {
        uint32_t least = vertex[at].parent;
        /* Nothing is less than 0, and most of what many refer to, as classes, has that soon. */
        for (uint32_t i = vertex[at].preds, end = vertex[at + 1].preds; i < end && least; i++) {
            uint32_t from = pred[i];
            __builtin_prefetch(&link[pred[i + AHEAD]]);
            uint32_t found = from < at ? from : evaluate(link, work->stack, from, at);
            if (found < least) least = found;
        }
        semi[at] = least;
        link[at].best = least;
        if (at % HG_STRIDE == 0 && !hg_step(work->task, work->reached - at)) return HG_STOPPED;
    }
    return HG_OK;
}

static enum hg_status
find_dominators(struct work *work) {
    const uint32_t *semi = work->number;
    struct vertex *vertex = work->vertex;
    uint64_t steps = 0;

    for (uint32_t at = 1; at < work->reached; at++) {
        uint32_t dominator = vertex[at].parent;
        while (dominator > semi[at]) {
            dominator = vertex[dominator].parent;
            if (++steps % HG_STRIDE == 0 && !hg_step(work->task, work->reached)) return HG_STOPPED;
        }
        vertex[at].parent = dominator;
    }
    return HG_OK;
}

/*
 * Step 5. A dominator has a smaller number than what it dominates. So sizes of subtrees are summed up
 * from the last number to the first, and positions given from the first to the last, each node taking
 * the next free run of its dominator's. The arrays of the steps before serve again, because memory
 * that has never been touched costs more than all that is done with it here:
 *
 *   link     by number: position and size, which becomes the next free position in the run, which
 *            becomes the run's end. Then the arrays `end` and `up`, one behind the other
 *   vertex   by number: immediate dominator; by position: end and up. Then the retained sizes
 */
static inline uint32_t *
place_of(struct work *work, uint32_t at) {
    return &work->link[at].ancestor;
}

static inline uint32_t *
size_of(struct work *work, uint32_t at) {
    return &work->link[at].best;
}

static inline uint32_t *
cursor_of(struct work *work, uint32_t at) {
    return &work->link[at].best;
}

static inline uint32_t *
end_at(struct work *work, uint32_t place) {
    return &work->vertex[place].parent;
}

static inline uint32_t *
up_at(struct work *work, uint32_t place) {
    return &work->vertex[place].preds;
}

static enum hg_status
give_places(struct work *work, uint32_t *position) {
    uint32_t reached = work->reached;
    const struct vertex *vertex = work->vertex;

    hg_phase(work->task, "laying out", reached);
    for (uint32_t at = 0; at < reached; at++) *size_of(work, at) = 1;
    for (uint32_t at = reached - 1; at > 0; at--) {
        *size_of(work, vertex[at].parent) += *size_of(work, at);
    }

    memset(position, 0xff, (size_t)work->graph->nodes * sizeof(*position));
    for (uint32_t at = 0; at < reached; at++) {
        uint32_t place = 0;
        if (at > 0) {
            uint32_t dominator = vertex[at].parent;
            place = *cursor_of(work, dominator);
            *cursor_of(work, dominator) += *size_of(work, at);
            *up_at(work, place) = *place_of(work, dominator);
        }
        *place_of(work, at) = place;
        *cursor_of(work, at) = place + 1;
        position[work->node[at]] = place;
        if (at % HG_STRIDE == 0 && !hg_step(work->task, at)) return HG_STOPPED;
    }
    return HG_OK;
}

/* All that is by number goes by position now. */
static void
lay_out(struct work *work, uint32_t *end, uint32_t *up) {
    uint32_t reached = work->reached;
    *up_at(work, 0) = 0;
    for (uint32_t at = 0; at < reached; at++) {
        *end_at(work, *place_of(work, at)) = *cursor_of(work, at);
    }
    for (uint32_t place = 0; place < reached; place++) {
        end[place] = *end_at(work, place);
        up[place] = *up_at(work, place);
    }
}

static void
sum_up(const struct hg_graph *graph, struct hg_tree *tree, uint32_t *node_at, uint64_t *retained) {
    for (uint32_t node = 0; node < graph->nodes; node++) {
        uint32_t place = tree->position[node];
        uint64_t bytes = hg_memsize(graph, node);
        bool reached = place != HG_NO_NODE;
        if (reached) {
            node_at[place] = node;
            retained[place] = bytes;
        }
        if (node >= graph->objects) continue;
        *(reached ? &tree->reachable_objects : &tree->unreachable_objects) += 1;
        *(reached ? &tree->reachable_bytes : &tree->unreachable_bytes) += bytes;
    }
    for (uint32_t at = tree->reached - 1; at > 0; at--) retained[tree->up[at]] += retained[at];
}

struct owned {
    uint32_t *position, *node, *end; /* `up` lies behind `end` */
    uint64_t *retained;
};

/* Steps 1 to 4. */
static enum hg_status
find_tree(struct work *work) {
    size_t nodes = work->graph->nodes;
    uint64_t *weak = find_weak(work->graph);
    enum hg_status status = HG_NO_MEMORY;
    let_go(work->graph);
    work->weak = weak;
    work->node = hg_array(nodes, sizeof(*work->node));
    work->vertex = hg_array(nodes + 1, sizeof(*work->vertex));
    work->link = hg_array(nodes, sizeof(*work->link));
    work->stack = hg_array_sparse(nodes, sizeof(*work->stack));
    if (!weak || !work->node || !work->vertex || !work->link || !work->stack) goto done;

    if ((status = number_nodes(work)) != HG_OK) goto done;
    hg_array_trim(work->node, work->reached, sizeof(*work->node));
    hg_array_trim(work->vertex, (size_t)work->reached + 1, sizeof(*work->vertex));
    hg_array_trim(work->link, work->reached, sizeof(*work->link));
    if ((status = reverse_edges(work)) != HG_OK) goto done;
    if ((status = find_semidominators(work)) != HG_OK) goto done;
    status = find_dominators(work);
done:
    let_go(work->graph);
    hg_array_free(weak);
    hg_array_free(work->pred);
    hg_array_free(work->stack);
    return status;
}

/* What step 5 leaves in the arrays is the tree's. */
static enum hg_status
keep_tree(struct work *work, struct owned *owned, struct hg_tree *tree) {
    enum hg_status status = give_places(work, owned->position);
    if (status != HG_OK) return status;

    owned->node = work->node;
    owned->end = (uint32_t *)work->link;
    owned->retained = (uint64_t *)work->vertex;
    work->node = NULL;
    lay_out(work, owned->end, owned->end + work->reached);
    work->link = NULL;
    work->vertex = NULL;

    tree->reached = work->reached;
    tree->position = owned->position;
    tree->node = owned->node;
    tree->end = owned->end;
    tree->up = owned->end + tree->reached;
    tree->retained = owned->retained;
    sum_up(work->graph, tree, owned->node, owned->retained);
    return HG_OK;
}

enum hg_status
hg_tree_build(const struct hg_graph *graph, struct hg_task *task, struct hg_tree *tree) {
    *tree = (struct hg_tree){0};
    struct work work = {.graph = graph, .task = task};
    struct owned *owned = hg_array(1, sizeof(*owned));
    if (!owned) return HG_NO_MEMORY;

    tree->owned = owned;
    enum hg_status status = HG_NO_MEMORY;
    work.number = owned->position = hg_array(graph->nodes, sizeof(*owned->position));
    if (work.number) status = find_tree(&work);
    if (status == HG_OK) status = keep_tree(&work, owned, tree);

    hg_array_free(work.node);
    hg_array_free(work.vertex);
    hg_array_free(work.link);
    if (status != HG_OK) hg_tree_free(tree);
    return status;
}

void
hg_tree_free(struct hg_tree *tree) {
    struct owned *owned = tree->owned;
    if (owned) {
        hg_array_free(owned->position);
        hg_array_free(owned->node);
        hg_array_free(owned->end);
        hg_array_free(owned->retained);
        hg_array_free(owned);
    }
    *tree = (struct hg_tree){0};
}
