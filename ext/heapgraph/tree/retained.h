/*
 * Place in the flow: above dominators. Questions to the dominator tree: what is largest, what does a
 * node hold, what would go with a set. (What sets hold in tables is in groups.h.)
 */
#ifndef HEAPGRAPH_RETAINED_H
#define HEAPGRAPH_RETAINED_H

#include "tree/dominators.h"

/*
 * The children of a node in the tree, by retained bytes, largest first, equal ones in the order of
 * their nodes: those from `offset` on, at most `limit` of them into `nodes`. `found` is how many
 * came, `total` how many children there are. An unreachable node has none.
 * Time: children × log(offset + limit). HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_dominated(const struct hg_tree *tree, uint32_t node, uint32_t offset,
                            uint32_t limit, uint32_t *nodes, uint32_t *found, uint32_t *total)
    __attribute__((warn_unused_result));

/*
 * The largest of the whole tree, paged as above: the objects whose dominators are roots only.
 * With `through`, an array with one byte for each node, nodes whose byte is not 0 are transparent
 * as roots are: they are left out and their children stand in their place. Pass the named modules
 * of paths.h, or Object with its constants stands alone at the top of every dump.
 * Without `through` (NULL) the retained bytes of all `total` sum up to all reachable bytes.
 */
enum hg_status hg_top(const struct hg_graph *graph, const struct hg_tree *tree,
                      const uint8_t *through, uint32_t offset, uint32_t limit, uint32_t *nodes,
                      uint32_t *found, uint32_t *total) __attribute__((warn_unused_result));

/* What a set of nodes holds. */
struct hg_held {
    uint64_t bytes, nodes; /* objects, the set itself included, unreachable members not */
    uint64_t members;      /* that are reachable */
};

/*
 * Exactly what would be garbage if all members went at once: everything is marked again without
 * them. Time and 4 bytes per node: of the whole graph. If `freed` is not NULL it has one byte for
 * each node, and 1 is written for what would go, 0 for the rest.
 * HG_OK, HG_STOPPED, HG_NO_MEMORY.
 */
enum hg_status hg_retained_exact(const struct hg_graph *graph, const struct hg_tree *tree,
                                 const uint32_t *nodes, size_t count, struct hg_task *task,
                                 struct hg_held *held, uint8_t *freed)
    __attribute__((warn_unused_result));

#endif
