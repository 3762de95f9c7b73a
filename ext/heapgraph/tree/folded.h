/*
 * Place in the flow: above dominators. The dominator tree for drawing: children of one class are one,
 * so that millions of objects become some thousand cells, as a flame graph needs them.
 */
#ifndef HEAPGRAPH_FOLDED_H
#define HEAPGRAPH_FOLDED_H

#include "tree/dominators.h"

#define HG_FOLD_DEPTH 64 /* what lies deeper counts where it begins */

/* All objects that are reached the same way, class by class. A chain of one class is one cell. */
struct hg_cell {
    uint32_t parent;  /* cell; 0 is that of the virtual root, its own parent */
    uint32_t example; /* a node of it: its class or word names the cell */
    uint32_t depth;
    uint64_t count, bytes; /* of its own nodes */
    uint64_t retained;     /* of it and all cells below */
};

/*
 * A parent comes before its children. `cells` is malloc'ed, free() it; cells that retain less than
 * `least` bytes are added to their parents. HG_OK, HG_STOPPED, HG_NO_MEMORY.
 */
enum hg_status hg_fold(const struct hg_graph *graph, const struct hg_tree *tree, uint64_t least,
                       struct hg_task *task, struct hg_cell **cells, size_t *count)
    __attribute__((warn_unused_result));

#endif
