/* Place in the flow: see numbering.h. */
#include "tree/numbering.h"

#include <string.h>

#include "base/array.h"
#include "base/progress.h"

/*
 * Marks the nodes that have weak edges. Nearly all nodes have none, and the names of their edges
 * need not be read. `weak` has a bit for each node.
 */
static enum hg_status
find_weak(const struct hg_graph *graph, struct hg_task *task, uint64_t *weak) {
    uint32_t node = 0;
    for (uint64_t edge = 0; edge < graph->edges; edge++) {
        if (edge % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
        if (hg_edge_holds(hg_name(graph, edge))) continue;
        while (hg_first(graph, node + 1) <= edge) node++;
        weak[node / 64] |= UINT64_C(1) << node % 64;
    }
    return HG_OK;
}

static inline bool
has(const uint64_t *bits, uint32_t node) {
    return bits[node / 64] >> node % 64 & 1;
}

/* A node whose edges are being visited. */
struct visit {
    uint32_t at, node;
    uint32_t edge, end; /* the next edge; `end` stands for the class */
};

/* The arrays to which the walk writes. It is a copy, so that the pointers stay in registers. */
struct walk {
    struct hg_vertex *vertex;
    struct hg_list *edges;
    uint32_t *number, *node, *newest, *older;
};

/* Adds an edge that is not part of the tree. Returns false if there is no memory. */
static inline bool
add_edge(const struct walk *walk, uint32_t from, uint32_t to) {
    struct hg_vertex *vertex = &walk->vertex[to];
    if (vertex->parent == from || vertex->parent == 0 || from == to) return true;

    struct hg_number_edge *edge = hg_list_add(walk->edges, sizeof(*edge));
    if (!edge) return false;
    *edge = (struct hg_number_edge){from, to};
    vertex->preds++;
    return true;
}

static inline void
add_instance(const struct walk *walk, uint32_t from, uint32_t to) {
    if (walk->vertex[to].parent == 0 || from == to) return;
    walk->older[from] = walk->newest[to];
    walk->newest[to] = from;
}

static enum hg_status
visit_all(const struct hg_graph *graph, struct hg_task *task, const uint64_t *weak,
          struct visit *stack, struct hg_numbering *numbering) {
    const struct walk walk = {numbering->vertex, &numbering->edges, numbering->number,
                              numbering->node,   numbering->newest, numbering->older};
    uint32_t *number = walk.number, last = 0, root = graph->nodes - 1;
    struct visit *top = stack, now = {0, root, hg_first(graph, root), hg_first(graph, root + 1)};
    bool weakly = has(weak, root);
    number[root] = 0;
    walk.node[0] = root;

    for (;;) {
        uint32_t child = HG_NO_NODE;
        while (now.edge < now.end) {
            uint32_t edge = now.edge++, node = hg_target(graph, edge), seen = number[node];
            if (edge % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
            if (weakly && !hg_edge_holds(hg_name(graph, edge))) continue;
            if (seen == HG_NO_NODE) {
                child = node;
                break;
            }
            if (!add_edge(&walk, now.at, seen)) return HG_NO_MEMORY;
        }
        if (child == HG_NO_NODE) {
            uint32_t class = now.edge++ == now.end ? hg_class(graph, now.node) : HG_NO_NODE;
            if (class != HG_NO_NODE && number[class] == HG_NO_NODE) child = class;
            else if (class != HG_NO_NODE) add_instance(&walk, now.at, number[class]);
        }
        if (child == HG_NO_NODE) {
            if (top == stack) break;
            now = *--top;
            weakly = has(weak, now.node);
            continue;
        }

        number[child] = ++last;
        walk.node[last] = child;
        walk.vertex[last].parent = now.at;
        if (last % HG_STRIDE == 0 && !hg_step(task, last)) return HG_STOPPED;
        uint32_t edge = hg_first(graph, child), end = hg_first(graph, child + 1);
        if (edge == end) {
            uint32_t class = hg_class(graph, child);
            /* For nearly every string and float nothing more is to be done. */
            if (class != HG_NO_NODE && number[class] != HG_NO_NODE) {
                add_instance(&walk, last, number[class]);
                continue;
            }
        }
        *top++ = now;
        now = (struct visit){last, child, edge, end};
        weakly = has(weak, child);
    }
    numbering->reached = last + 1;
    return HG_OK;
}

enum hg_status
hg_number_nodes(const struct hg_graph *graph, struct hg_task *task,
                struct hg_numbering *numbering) {
    size_t nodes = graph->nodes;
    *numbering = (struct hg_numbering){0};
    numbering->number = hg_array_raw(nodes, sizeof(*numbering->number));
    numbering->node = hg_array_raw(nodes, sizeof(*numbering->node));
    numbering->vertex = hg_array(nodes + 1, sizeof(*numbering->vertex));
    numbering->newest = hg_array_sparse(nodes, sizeof(*numbering->newest));
    numbering->older = hg_array_raw(nodes, sizeof(*numbering->older));
    struct visit *stack = hg_array_sparse(nodes, sizeof(*stack));
    uint64_t *weak = hg_array(nodes / 64 + 1, sizeof(*weak));

    enum hg_status status = HG_NO_MEMORY;
    if (numbering->number && numbering->node && numbering->vertex && numbering->newest &&
        numbering->older && stack && weak) {
        hg_phase(task, "numbering", nodes);
        status = find_weak(graph, task, weak);
        hg_graph_let_go(graph);
    }
    if (status == HG_OK) {
        memset(numbering->number, 0xff, nodes * sizeof(*numbering->number));
        status = visit_all(graph, task, weak, stack, numbering);
    }
    hg_graph_let_go(graph);
    hg_array_free(weak);
    hg_array_free(stack);
    if (status != HG_OK) return status;

    hg_array_free(numbering->number); // the nodes by number say the same
    numbering->number = NULL;
    hg_array_trim(numbering->node, numbering->reached, sizeof(*numbering->node));
    hg_array_trim(numbering->vertex, (size_t)numbering->reached + 1, sizeof(*numbering->vertex));
    return HG_OK;
}

void
hg_numbering_free_edges(struct hg_numbering *numbering) {
    hg_list_free(&numbering->edges);
    hg_array_free(numbering->newest);
    hg_array_free(numbering->older);
    numbering->newest = numbering->older = NULL;
}

void
hg_numbering_free(struct hg_numbering *numbering) {
    hg_numbering_free_edges(numbering);
    hg_array_free(numbering->number);
    hg_array_free(numbering->node);
    hg_array_free(numbering->vertex);
    *numbering = (struct hg_numbering){0};
}
