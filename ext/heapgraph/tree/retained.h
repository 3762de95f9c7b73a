/*
 * Place in the flow: above dominators. Questions to the dominator tree: which objects are the
 * largest, what a node dominates, and what a set of nodes retains. (For sets that are rows of a
 * table, see groups.h.)
 */
#ifndef HEAPGRAPH_RETAINED_H
#define HEAPGRAPH_RETAINED_H

#include "tree/dominators.h"

/*
 * Finds the children of a node in the tree, sorted by retained size, largest first, equal ones in
 * the order of their nodes, and writes at most `limit` of them from number `offset` on to `nodes`.
 * *found is how many were written, *total how many children there are. An unreachable node has
 * none. The time is children × log(offset + limit). HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_dominated(const struct hg_tree *tree, uint32_t node, uint32_t offset,
                            uint32_t limit, uint32_t *nodes, uint32_t *found, uint32_t *total)
    __attribute__((warn_unused_result));

/*
 * Finds the largest objects of the whole tree, in pages as above: the objects that only roots
 * dominate. `through` may be an array with one byte for each node. A node whose byte is not 0 is
 * then left out as roots are, and its children take its place. Pass the named modules of paths.h
 * here, or Object with its constants is the only large object at the top of every dump. If
 * `through` is NULL, the retained sizes of all `total` objects add up to all reachable bytes. HG_OK
 * or HG_NO_MEMORY.
 */
enum hg_status hg_top(const struct hg_graph *graph, const struct hg_tree *tree,
                      const struct hg_column *through, uint32_t offset, uint32_t limit,
                      uint32_t *nodes, uint32_t *found, uint32_t *total)
    __attribute__((warn_unused_result));

/* What a set of nodes retains. */
struct hg_held {
    uint64_t bytes, nodes; /* of objects: the set's reachable members and what they hold alone */
    uint64_t members;      /* how many nodes of the set are reachable */
};

/*
 * Finds exactly what would be garbage if all members of the set were gone at once: all other
 * objects are marked again without them. It takes the time of a walk through the whole graph. It
 * needs one byte for each node of the graph, and at most 4 more for each node that stays. If
 * `freed` is not NULL, it has one byte for each node, and that memory is used: 1 is written for
 * what would be garbage because of this set (not for what was unreachable before), 0 for the rest.
 * After anything but HG_OK these bytes have no meaning. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_retained_exact(const struct hg_graph *graph, const struct hg_tree *tree,
                                 const uint32_t *nodes, size_t count, struct hg_task *task,
                                 struct hg_held *held, uint8_t *freed)
    __attribute__((warn_unused_result));

#endif
