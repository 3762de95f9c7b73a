/*
 * Place in the flow: above dominators. Questions to the dominator tree: what is largest, what does a
 * node hold, where does it pile up, what would go with a set.
 */
#ifndef HEAPGRAPH_RETAINED_H
#define HEAPGRAPH_RETAINED_H

#include "dominators.h"

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

/*
 * Where the bytes below a node pile up: walks down to the largest child as long as that holds at
 * least `permille` thousandths of its parent (700 is usual). Returns the node where it ends, which
 * may be the node itself; HG_NO_NODE for an unreachable one.
 */
uint32_t hg_accumulation_point(const struct hg_tree *tree, uint32_t node, uint32_t permille);

/* A node that holds much more than its largest child does. */
struct hg_drop {
    uint32_t node;
    uint32_t children;
    uint64_t retained, largest_child; /* bytes */
};

/*
 * All nodes for which retained - largest child > `bytes`, by that difference, largest first; roots
 * are left out. `drops` is malloc'ed, free() it. HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_big_drops(const struct hg_graph *graph, const struct hg_tree *tree,
                            uint64_t bytes, struct hg_drop **drops, size_t *count)
    __attribute__((warn_unused_result));

/* What a set of nodes holds. */
struct hg_held {
    uint64_t bytes, nodes; /* objects, the set itself included, unreachable members not */
    uint64_t members;      /* union: those that no other one dominates; exact: all reachable ones */
};

/*
 * The union of what the members dominate: nothing is counted twice, however they nest and however
 * often one is named. This is a lower bound of what would go with all of them, for what two members
 * hold together, and neither alone, is not in it. Time: count × log(count).
 * HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_retained_union(const struct hg_graph *graph, const struct hg_tree *tree,
                                 const uint32_t *nodes, size_t count, struct hg_held *held)
    __attribute__((warn_unused_result));

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

/*
 * For groups of nodes, all in one pass: bytes[g] gets the union of what the members of group g
 * dominate. `group` gives each node's group below `groups`, or HG_NO_NODE for none. Unlike the sum
 * over members, a list of a million links counts once. HG_OK, HG_STOPPED, HG_NO_MEMORY.
 */
enum hg_status hg_retained_groups(const struct hg_tree *tree, const uint32_t *group,
                                  uint32_t groups, struct hg_task *task, uint64_t *bytes)
    __attribute__((warn_unused_result));

#endif
