/*
 * Place in the flow: above the graph and its tree. Procs by the code that they run: a listener that
 * is registered again and again is many procs of one code.
 */
#ifndef HEAPGRAPH_PROCS_H
#define HEAPGRAPH_PROCS_H

#include "base/array.h"
#include "tree/dominators.h"

/*
 * Adds to `codes`, in the order of nodes and each once, the codes (IMEMO iseq) that live procs run:
 * those of their blocks, and of the methods of which procs were made. Without a tree (NULL) those
 * of garbage count, too. *procs is how many procs that are. Those of symbols and of functions in C
 * have no code. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_proc_codes(const struct hg_graph *graph, const struct hg_tree *tree,
                             struct hg_task *task, struct hg_numbers *codes, uint64_t *procs)
    __attribute__((warn_unused_result));

/*
 * Adds to `procs`, in the order of nodes, all procs that run one of these codes, which are in
 * ascending order; garbage, too. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_procs_of(const struct hg_graph *graph, const uint32_t *codes, size_t count,
                           struct hg_task *task, struct hg_numbers *procs)
    __attribute__((warn_unused_result));

/* Live procs whose codes are in one group. */
struct hg_proc_group {
    uint32_t group;    /* its number */
    uint32_t count;    /* how many procs they are, 1 at least */
    size_t first;      /* where they begin in hg_proc_groups.procs, in the order of nodes */
    uint64_t bytes;    /* the sum of their sizes */
    uint64_t retained; /* what they dominate together: at least so many bytes do they retain */
};

struct hg_proc_groups {
    struct hg_proc_group *items; /* those with most procs, equal ones by number */
    size_t count;
    uint32_t *procs;
    uint64_t groups, members; /* in all: groups with a proc, and the procs in them */
};

/*
 * Puts live procs into groups by their codes: codes[i], in ascending order, is in the group with
 * the number groups[i]. At most `limit` groups are given. The work is one pass over all nodes, and
 * the memory 8 bytes for each proc. HG_OK · HG_STOPPED · HG_NO_MEMORY; after the last two there is
 * nothing to free.
 */
enum hg_status hg_group_procs(const struct hg_graph *graph, const struct hg_tree *tree,
                              const uint32_t *codes, const uint32_t *groups, size_t count,
                              uint32_t limit, struct hg_task *task, struct hg_proc_groups *found)
    __attribute__((warn_unused_result));

/* Frees the groups; zeroed ones are allowed. */
void hg_proc_groups_free(struct hg_proc_groups *groups);

#endif
