/*
 * Place in the flow: see dominators.h. Semi-NCA (Georgiadis 2005): like Lengauer-Tarjan it finds
 * semidominators by path compression, but takes each immediate dominator as the nearest common
 * ancestor in the tree built so far, which needs no buckets.
 *
 *   1 number     depth first from the virtual root; every node gets its number in preorder
 *   2 sort       by where they lead to, the edges that the depth-first tree has not
 *   3 semi       semidominators, from the last number to the first
 *   4 nca        immediate dominators, from the first number to the last
 *   5 lay out    positions in preorder of the new tree, retained sizes
 *
 * The graph is walked but once, in step 1: all after that goes by number, since depth-first order is
 * where neighbours are near. Several arrays are used twice; `struct work` says for what.
 */
#include "dominators.h"

#include <string.h>
#include <sys/mman.h>

#include "array.h"
#include "list.h"
#include "progress.h"

/* How many elements ahead memory is asked for what will be needed. */
enum { AHEAD = 8 };

/* What is known of a number. Its parent becomes its immediate dominator in step 4. */
struct vertex {
    uint32_t parent;
    uint32_t
        preds; /* 1: how many; 2: where they end, then where they begin; 3: the semidominator */
};

/* The forest of step 3. */
struct link {
    uint32_t ancestor; /* some ancestor in the depth-first tree, nearer to its root each time */
    uint32_t best;     /* least semidominator on the way there, that excluded */
};

/* An edge between numbers. */
struct edge {
    uint32_t from, to;
};

struct work {
    const struct hg_graph *graph;
    struct hg_task *task;
    uint32_t *number;      /* by node */
    uint32_t *node;        /* by number */
    struct vertex *vertex; /* by number, and one more */
    struct link *link;     /* by number */
    struct hg_list *edges; /* struct edge; those of classes apart, which every object has: */
    uint32_t *newest;      /* by number of a class: its last instance, 0 for none */
    uint32_t *older;       /* by number: the instance of the same class before it, 0 for none */
    uint32_t *pred;        /* numbers of predecessors */
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
has(const uint64_t *bits, uint32_t node) {
    return bits[node / 64] >> node % 64 & 1;
}

/* A node whose edges are being looked at. */
struct visit {
    uint32_t at, node;
    uint32_t edge, end; /* the next edge; `end` itself stands for the class */
};

/* An edge that is not of the tree. Of a child of the virtual root the semidominator is known. */
static inline bool
add_edge(const struct work *work, uint32_t from, uint32_t to) {
    struct vertex *vertex = &work->vertex[to];
    if (vertex->parent == from || vertex->parent == 0 || from == to) return true;

    struct edge *edge = hg_list_add(work->edges, sizeof(*edge));
    if (!edge) return false;
    *edge = (struct edge){from, to};
    vertex->preds++;
    return true;
}

static inline void
add_instance(const struct work *work, uint32_t from, uint32_t to) {
    if (work->vertex[to].parent == 0 || from == to) return;
    work->older[from] = work->newest[to];
    work->newest[to] = from;
}

/* `work` is a copy, so that its pointers stay in registers. */
static enum hg_status
walk(const struct work work, const uint64_t *weak, struct visit *stack, uint32_t *reached) {
    const struct hg_graph *graph = work.graph;
    const uint32_t *first = graph->first, *target = graph->target, *name = graph->name;
    const uint32_t *class_node = graph->class_node;
    uint32_t *number = work.number, last = 0, root = graph->nodes - 1;
    struct visit *top = stack, now = {0, root, first[root], first[root + 1]};
    bool weakly = has(weak, root);
    uint64_t steps = 0;
    number[root] = 0;
    work.node[0] = root;

    for (;;) {
        uint32_t child = HG_NO_NODE;
        while (now.edge < now.end) {
            uint32_t edge = now.edge++, node = target[edge], seen = number[node];
            if (weakly && !hg_edge_holds(name[edge])) continue;
            if (seen == HG_NO_NODE) {
                child = node;
                break;
            }
            if (!add_edge(&work, now.at, seen)) return HG_NO_MEMORY;
        }
        if (child == HG_NO_NODE) {
            uint32_t class = now.edge++ == now.end ? class_node[now.node] : HG_NO_NODE;
            if (class != HG_NO_NODE && number[class] == HG_NO_NODE) child = class;
            else if (class != HG_NO_NODE) add_instance(&work, now.at, number[class]);
        }
        if (child == HG_NO_NODE) {
            if (top == stack) break;
            now = *--top;
            weakly = has(weak, now.node);
            continue;
        }

        number[child] = ++last;
        work.node[last] = child;
        work.vertex[last].parent = now.at;
        uint32_t edge = first[child], end = first[child + 1];
        if (edge == end) {
            uint32_t class = class_node[child];
            /* Nearly every string and float is done here. */
            if (class != HG_NO_NODE && number[class] != HG_NO_NODE) {
                add_instance(&work, last, number[class]);
                continue;
            }
        }
        *top++ = now;
        now = (struct visit){last, child, edge, end};
        weakly = has(weak, child);
        if (++steps % HG_STRIDE == 0 && !hg_step(work.task, last)) return HG_STOPPED;
    }
    *reached = last + 1;
    return HG_OK;
}

static enum hg_status
number_nodes(struct work *work) {
    size_t nodes = work->graph->nodes;
    uint64_t *weak = find_weak(work->graph);
    struct visit *stack = hg_array_sparse(nodes, sizeof(*stack));
    enum hg_status status = HG_NO_MEMORY;
    let_go(work->graph);
    if (weak && stack) {
        hg_phase(work->task, "numbering", nodes);
        memset(work->number, 0xff, nodes * sizeof(*work->number));
        status = walk(*work, weak, stack, &work->reached);
    }
    let_go(work->graph);
    hg_array_free(weak);
    hg_array_free(stack);
    return status;
}

static enum hg_status
sort_edges(struct work *work) {
    struct vertex *vertex = work->vertex;
    uint32_t reached = work->reached;
    uint64_t total = 0;
    for (uint32_t at = 0; at < reached; at++) {
        total += vertex[at].preds;
        if (total > UINT32_MAX) return HG_TOO_LARGE;
        vertex[at].preds = (uint32_t)total;
    }
    vertex[reached].preds = (uint32_t)total;
    work->pred = hg_array(total + AHEAD, sizeof(*work->pred));
    if (!work->pred) return HG_NO_MEMORY;

    struct hg_list_reader edges = {.list = work->edges, .consume = true};
    uint64_t done = 0;
    hg_phase(work->task, "sorting", total);
    for (const struct edge *edge; (edge = hg_list_next(&edges, sizeof(*edge)));) {
        work->pred[--vertex[edge->to].preds] = edge->from;
        if (++done % HG_STRIDE == 0 && !hg_step(work->task, done)) return HG_STOPPED;
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

/* Nothing is less than 0, and most of what many refer to, as classes, has that soon. */
static inline uint32_t
find_semidominator(const struct work *work, uint32_t *stack, uint32_t at, uint32_t end) {
    struct link *link = work->link;
    const uint32_t *pred = work->pred;
    uint32_t least = work->vertex[at].parent;
    for (uint32_t i = work->vertex[at].preds; i < end && least; i++) {
        uint32_t from = pred[i];
        __builtin_prefetch(&link[pred[i + AHEAD]]);
        uint32_t found = from < at ? from : evaluate(link, stack, from, at);
        if (found < least) least = found;
    }
    for (uint32_t from = work->newest[at]; from && least; from = work->older[from]) {
        uint32_t found = from < at ? from : evaluate(link, stack, from, at);
        if (found < least) least = found;
    }
    return least;
}

static enum hg_status
find_semidominators(struct work *work) {
    struct vertex *vertex = work->vertex;
    uint32_t *stack = hg_array_sparse(work->reached, sizeof(*stack));
    if (!stack) return HG_NO_MEMORY;

    hg_phase(work->task, "dominators", work->reached);
    enum hg_status status = HG_OK;
    uint32_t end = vertex[work->reached].preds;
    for (uint32_t at = work->reached - 1; at > 0 && status == HG_OK; at--) {
        uint32_t semi = find_semidominator(work, stack, at, end);
        end = vertex[at].preds;
        vertex[at].preds = semi;
        work->link[at] = (struct link){vertex[at].parent, semi};
        if (at % HG_STRIDE == 0 && !hg_step(work->task, work->reached - at)) status = HG_STOPPED;
    }
    hg_array_free(stack);
    return status;
}

static enum hg_status
find_dominators(struct work *work) {
    struct vertex *vertex = work->vertex;
    uint64_t steps = 0;

    for (uint32_t at = 1; at < work->reached; at++) {
        uint32_t dominator = vertex[at].parent;
        while (dominator > vertex[at].preds) {
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
    work->node = hg_array(nodes, sizeof(*work->node));
    work->vertex = hg_array(nodes + 1, sizeof(*work->vertex));
    work->newest = hg_array_sparse(nodes, sizeof(*work->newest));
    work->older = hg_array(nodes, sizeof(*work->older));
    if (!work->node || !work->vertex || !work->newest || !work->older) return HG_NO_MEMORY;

    enum hg_status status = number_nodes(work);
    if (status != HG_OK) return status;
    hg_array_trim(work->node, work->reached, sizeof(*work->node));
    hg_array_trim(work->vertex, (size_t)work->reached + 1, sizeof(*work->vertex));
    if ((status = sort_edges(work)) != HG_OK) return status;
    work->link = hg_array(work->reached, sizeof(*work->link));
    if (!work->link) return HG_NO_MEMORY;
    if ((status = find_semidominators(work)) != HG_OK) return status;
    return find_dominators(work);
}

/* What only steps 1 to 4 need. */
static void
free_edges(struct work *work) {
    hg_list_free(work->edges);
    hg_array_free(work->newest);
    hg_array_free(work->older);
    hg_array_free(work->pred);
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
    struct hg_list edges = {0};
    struct work work = {.graph = graph, .task = task, .edges = &edges};
    struct owned *owned = hg_array(1, sizeof(*owned));
    if (!owned) return HG_NO_MEMORY;

    tree->owned = owned;
    enum hg_status status = HG_NO_MEMORY;
    work.number = owned->position = hg_array(graph->nodes, sizeof(*owned->position));
    if (work.number) status = find_tree(&work);
    free_edges(&work);
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
