/*
 * Place in the flow: above dominators. The dominator tree for drawing, for example as a flame
 * graph: children of the same class become one cell, so that millions of objects become some
 * thousand cells.
 */
#ifndef HEAPGRAPH_FOLDED_H
#define HEAPGRAPH_FOLDED_H

#include "tree/dominators.h"

#define HG_FOLD_DEPTH 64 /* deeper nodes count to the cell at this depth above them */

/*
 * All objects with the same classes on the way from the virtual root down the dominator tree. A
 * chain of objects of one class is one cell.
 */
struct hg_cell {
    uint32_t parent;  /* number of a cell; cell 0 is the virtual root and its own parent */
    uint32_t example; /* one of its nodes, whose class or word names the cell */
    uint32_t depth;
    uint64_t count, bytes; /* of the cell's own nodes */
    uint64_t retained;     /* of the cell and all cells below it */
};

/*
 * Folds a tree. A parent comes before its children. Cells that retain less than `least` bytes are
 * added to their parents. *cells is malloc'ed, and the caller frees it with free(). HG_OK ·
 * HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_fold(const struct hg_graph *graph, const struct hg_tree *tree, uint64_t least,
                       struct hg_task *task, struct hg_cell **cells, size_t *count)
    __attribute__((warn_unused_result));

#endif
