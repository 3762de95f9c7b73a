/*
 * Place in the flow: above dominators. The dominator tree for drawing, for example as a flame graph
 * or a treemap: children of one class become one cell, so that millions of objects become some
 * thousand cells. Only the largest cells are given; what is below each of them and has no cell is
 * summed up in one cell more, so that nothing is lost.
 */
#ifndef HEAPGRAPH_FOLDED_H
#define HEAPGRAPH_FOLDED_H

#include "tree/kinds.h"

#define HG_FOLD_DEPTH 64 /* what is so many cells below the first one is in no cell of its own */

/*
 * All nodes of the same kinds (kinds.h) on the way from the first cell down the dominator
 * tree. A chain of objects of one class is one cell. Or the rest of what is below a cell: its
 * parent.
 */
struct hg_cell {
    uint32_t parent;         /* number of a cell before it; cell 0 is its own parent */
    uint32_t example;        /* of its nodes that which retains most; HG_NO_NODE for a rest */
    uint64_t objects, bytes; /* its own, without those of the cells below it */
    uint64_t retained;       /* bytes of the cell and of all cells below it */
};

/* The outline of a heap has as many cells and rests at most. */
#define HG_OUTLINE 4096

/* A cell of an outline, and what else is known of it. */
struct hg_outlined {
    struct hg_cell cell;
    uint64_t below;    /* number of its objects and all below them */
    uint32_t children; /* how many cells are below it, however small */
    uint32_t deepest;  /* 1: what is below it and of another kind is too deep for a cell */
};

/*
 * Finds the outline of the whole tree for kinds that have none: the cells of hg_fold below the
 * virtual root with the limit HG_OUTLINE, in their order and without rests. *outline is malloc'ed.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY; after the last two there is none.
 */
enum hg_status hg_outline(const struct hg_graph *graph, const struct hg_tree *tree,
                          const struct hg_kinds *kinds, struct hg_task *task,
                          struct hg_outlined **outline, uint32_t *count)
    __attribute__((warn_unused_result));

/*
 * Folds what a node dominates; cell 0 is the node itself. The largest cells stay: those that retain
 * at least `least` bytes, and no more than fit into `limit` cells together with the rests (but 2 at
 * least). They come in the order of their retained sizes, and behind them the rests. Only nodes
 * below `below` are looked at, and of these only the members of cells that stay, and their
 * children. The memory is 4 bytes per such node and about 100 per cell and child of a cell.
 * Only columns in the order of positions are read, but for the nodes that cells name. If it is the
 * virtual root, nothing is read but the outline of the kinds, up to a limit of HG_OUTLINE.
 *
 * *cells is malloc'ed, and the caller frees it with free(). There is none if `below` is
 * unreachable. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_fold(const struct hg_graph *graph, const struct hg_tree *tree,
                       const struct hg_kinds *kinds, uint32_t below, uint64_t least, uint32_t limit,
                       struct hg_task *task, struct hg_cell **cells, size_t *count)
    __attribute__((warn_unused_result));

#endif
