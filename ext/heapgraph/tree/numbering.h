/*
 * Place in the flow: between the graph and its dominators. Numbers the nodes in the order of a
 * depth-first search from the virtual root, and lists all edges between them that are not edges of
 * the tree of that search. This is the graph as semi_nca.c needs it, in an order in which
 * neighbours have near numbers.
 */
#ifndef HEAPGRAPH_NUMBERING_H
#define HEAPGRAPH_NUMBERING_H

#include "base/list.h"
#include "base/task.h"
#include "graph/graph.h"

struct hg_vertex {
    uint32_t parent; /* number of the parent in the tree; 0 for the virtual root, number 0 */
    uint32_t preds;  /* how many of `edges` lead to this vertex */
};

struct hg_number_edge {
    uint32_t from, to; /* numbers */
};

struct hg_numbering {
    uint32_t reached;         /* how many nodes the virtual root reaches, itself included */
    uint32_t *number;         /* by node, while they are numbered; HG_NO_NODE if it has none yet */
    uint32_t *node;           /* by number */
    struct hg_vertex *vertex; /* by number, with room for one more */

    /*
     * A list of struct hg_number_edge. Edges to the children of the virtual root are left out: only
     * the virtual root dominates these. The edges from instances to classes are kept apart, as
     * every object has one.
     */
    struct hg_list edges;
    uint32_t *newest; /* by number of a class: its last instance, or 0 if it has none */
    uint32_t *older;  /* by number: the instance of the same class before it, or 0 */
};

/*
 * Numbers a graph. HG_OK · HG_STOPPED · HG_NO_MEMORY. In each case the caller frees the numbering.
 * Before that the caller may take arrays out of it and leave NULL in their place.
 */
enum hg_status hg_number_nodes(const struct hg_graph *graph, struct hg_task *task,
                               struct hg_numbering *numbering) __attribute__((warn_unused_result));

/* Frees the edges, which are needed for the shortest time; the second function frees everything. */
void hg_numbering_free_edges(struct hg_numbering *numbering);
void hg_numbering_free(struct hg_numbering *numbering);

#endif
