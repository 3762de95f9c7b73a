/*
 * Place in the flow: between the graph and its dominators. Nodes numbered depth first from the virtual
 * root, and all edges between them that are not of the tree that this makes: the graph as semi_nca.c
 * wants it, in the order in which neighbours are near.
 */
#ifndef HEAPGRAPH_NUMBERING_H
#define HEAPGRAPH_NUMBERING_H

#include "base/list.h"
#include "base/task.h"
#include "graph/graph.h"

struct hg_vertex {
    uint32_t parent; /* its number; 0 for the virtual root, which is number 0 */
    uint32_t preds;  /* how many of `edges` lead here */
};

struct hg_number_edge {
    uint32_t from, to; /* numbers */
};

struct hg_numbering {
    uint32_t reached;         /* what the virtual root reaches, itself included */
    uint32_t *number;         /* by node; HG_NO_NODE where it is unreachable */
    uint32_t *node;           /* by number */
    struct hg_vertex *vertex; /* by number, and room for one more */

    /*
     * struct hg_number_edge. Edges to children of the virtual root are left out, since nothing but that
     * dominates these; those of an instance to its class stand apart, as every object has one.
     */
    struct hg_list edges;
    uint32_t *newest; /* by number of a class: its last instance, 0 for none */
    uint32_t *older;  /* by number: the instance of the same class before it, 0 for none */
};

/*
 * Numbers a graph. HG_OK · HG_STOPPED · HG_NO_MEMORY; whatever it returns, the caller frees the
 * numbering, and may have taken arrays out of it (NULL in their place).
 */
enum hg_status hg_number_nodes(const struct hg_graph *graph, struct hg_task *task,
                               struct hg_numbering *numbering) __attribute__((warn_unused_result));

/* The edges, which are needed least long, and all of it. */
void hg_numbering_free_edges(struct hg_numbering *numbering);
void hg_numbering_free(struct hg_numbering *numbering);

#endif
