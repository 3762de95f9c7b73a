/*
 * Place in the flow: above growth_follow and search. The best paths (paths/paths.h) to all members
 * of a set, as one tree: how many of the members are held through each step, and how much these
 * retain. Paths that differ only in elements of containers, in digits of names, or in how often the
 * step of a list repeats have the same steps (growth_steps.h, growth_trails.h).
 *
 * The tree begins where a path for people does: at named modules, and at roots.
 */
#ifndef HEAPGRAPH_MERGED_PATHS_H
#define HEAPGRAPH_MERGED_PATHS_H

#include "paths/paths.h"
#include "search/find.h"

/* Some members of the set. */
struct hg_members {
    uint64_t objects, bytes; /* how many, and the sum of their sizes */
    uint64_t retained;       /* what they dominate: at least so many bytes do they retain */
};

/*
 * All members whose paths lead through one step of the tree. Branch 0 stands for all live members.
 * A rest stands for all branches below its parent that are not given.
 */
struct hg_branch {
    uint32_t parent; /* number of a branch before it; branch 0 is its own parent */
    uint32_t node;   /* a node at this step; if paths end here, the member that retains most;
                        HG_NO_NODE for a rest */
    uint32_t name;   /* of the edge to it, without index or key; HG_E_REFERENCE where none leads */
    struct hg_members all; /* those that are held through here */
    struct hg_members own; /* of these, those whose path ends here; none for a rest */
};

struct hg_merged_paths {
    struct hg_branch *branches; /* a parent comes before its branches, rests come last */
    size_t count;
    uint64_t garbage, garbage_bytes; /* members that no root holds */

    /* Of hg_merge_paths_without: how many references are cut, and the members that these alone
       hold. They are in no branch. */
    uint64_t cut, released, released_bytes;
};

/*
 * Merges the paths to all objects that match. The branches with most members are given, as many as
 * fit into `limit` together with the rests (but 2 at least). The work is that of following each
 * node on the paths once, and one step for each member and branch that it is below. The memory is 9
 * bytes for each node of the graph, and some for each different step. HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY; after the last two there is nothing to free.
 */
enum hg_status hg_merge_paths(const struct hg_graph *graph, const struct hg_tree *tree,
                              const struct hg_parents *parents, const struct hg_filter *filter,
                              uint32_t limit, struct hg_task *task, struct hg_merged_paths *merged)
    __attribute__((warn_unused_result));

/*
 * The same without one of these branches: as if the references that lead to it did not hold. These
 * are all references that make the same step, from all objects whose own best paths lead to the
 * parent of the branch (or, in a list that goes round, to the branch itself). For elements of an
 * array whose buffer is another array's, the reference to the buffer is cut. `cut` is 0 if there is
 * no such branch, if no reference leads to it, as to a root or a named module with which paths
 * begin, or if it is a rest; a class is also held by its objects, which is not cut.
 *
 * What members retain is what they do with all references. The work is that of hg_merge_paths
 * twice, of a scan over all edges, and of finding the best paths anew; the memory is 22 bytes for
 * each node and a bit for each edge.
 */
enum hg_status hg_merge_paths_without(const struct hg_graph *graph, const struct hg_tree *tree,
                                      const struct hg_parents *parents,
                                      const struct hg_filter *filter, uint32_t limit,
                                      uint32_t branch, struct hg_task *task,
                                      struct hg_merged_paths *merged)
    __attribute__((warn_unused_result));

/* Frees the branches; a zeroed struct is allowed. */
void hg_merged_paths_free(struct hg_merged_paths *merged);

#endif
