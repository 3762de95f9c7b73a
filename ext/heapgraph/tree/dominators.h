/*
 * Place in the flow: above the graph. The dominator tree below the virtual root, exact, by
 * semi-NCA. x dominates y if every path from a root to y leads through x: if x were gone, y would
 * be garbage. Weak edges do not count. An object holds its class.
 *
 * The nodes of the tree have new numbers, called positions: 0 … reached-1 in preorder. So all that
 * a node dominates (itself included) is one run of positions,
 *
 *   position … end[position]-1
 *
 * and most questions are answered by a scan over a run: the children of p begin at p+1, and the
 * next sibling of c is end[c]. Position 0 is the virtual root. Siblings are in no particular order.
 */
#ifndef HEAPGRAPH_DOMINATORS_H
#define HEAPGRAPH_DOMINATORS_H

#include "base/task.h"
#include "graph/graph.h"

struct hg_tree {
    uint32_t reached;          /* how many nodes the tree has: all that the virtual root reaches */
    struct hg_column position; /* by node; HG_NO_NODE if it is unreachable */
    struct hg_column node;     /* by position */
    struct hg_column end;      /* by position: one past the last position that it dominates */
    struct hg_column up;       /* by position: that of the immediate dominator; up[0] is 0 */
    struct hg_column retained; /* by position: the sizes of all that it dominates, in bytes */

    /* Objects without roots. Reachable and unreachable ones together are all of the dump. */
    uint64_t reachable_objects, reachable_bytes;
    uint64_t unreachable_objects, unreachable_bytes;

    void *owned; /* what hg_tree_free frees; NULL if the arrays are in an index file */
};

/*
 * Builds the tree of a graph. Every graph has a tree; that of an empty dump has only the virtual
 * root. The work needs about 26 bytes per node, and 4 (for a moment 12) per reference to an object
 * that another one has reached already. The tree keeps 24 bytes per node. All loops over nodes and
 * edges look whether the task shall stop; only filling an array, and one walk up a long chain of
 * objects, are not interrupted.
 *
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE (more than 2^32-1 edges between reachable
 * nodes). After anything but HG_OK the tree is empty and holds no memory.
 */
enum hg_status hg_tree_build(const struct hg_graph *graph, struct hg_task *task,
                             struct hg_tree *tree) __attribute__((warn_unused_result));

/* Frees a tree; one that is zeroed or freed already is allowed. */
void hg_tree_free(struct hg_tree *tree);

static inline uint32_t
hg_position(const struct hg_tree *tree, uint32_t node) {
    return hg_u32(&tree->position, node, 0);
}

static inline uint32_t
hg_tree_node(const struct hg_tree *tree, uint32_t position) {
    return hg_u32(&tree->node, position, 0);
}

static inline uint32_t
hg_end(const struct hg_tree *tree, uint32_t position) {
    return hg_u32(&tree->end, position, 0);
}

static inline uint32_t
hg_up(const struct hg_tree *tree, uint32_t position) {
    return hg_u32(&tree->up, position, 0);
}

static inline uint64_t
hg_retained_at(const struct hg_tree *tree, uint32_t position) {
    return hg_u64(&tree->retained, position);
}

static inline bool
hg_is_reachable(const struct hg_tree *tree, uint32_t node) {
    return hg_position(tree, node) != HG_NO_NODE;
}

/* The immediate dominator; HG_NO_NODE for the virtual root and unreachable nodes. */
static inline uint32_t
hg_dominator(const struct hg_tree *tree, uint32_t node) {
    uint32_t at = hg_position(tree, node);
    return at == HG_NO_NODE || at == 0 ? HG_NO_NODE : hg_tree_node(tree, hg_up(tree, at));
}

/* Whether `a` dominates `b`; every reachable node dominates itself. */
static inline bool
hg_dominates(const struct hg_tree *tree, uint32_t a, uint32_t b) {
    uint32_t at = hg_position(tree, a), below = hg_position(tree, b);
    return at != HG_NO_NODE && below != HG_NO_NODE && at <= below && below < hg_end(tree, at);
}

/*
 * The retained size of a node in bytes. 0 for an unreachable node, whose retained size is not
 * known.
 */
static inline uint64_t
hg_retained(const struct hg_tree *tree, uint32_t node) {
    uint32_t at = hg_position(tree, node);
    return at == HG_NO_NODE ? 0 : hg_retained_at(tree, at);
}

/* How many nodes a node dominates, itself included. 0 for an unreachable node. */
static inline uint32_t
hg_retained_nodes(const struct hg_tree *tree, uint32_t node) {
    uint32_t at = hg_position(tree, node);
    return at == HG_NO_NODE ? 0 : hg_end(tree, at) - at;
}

#endif
