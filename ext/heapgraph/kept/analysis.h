/*
 * Place in the flow: above graph and algorithms. All that is known of one dump; what is built from the
 * graph is built when it is first needed, or comes from the dump's index.
 */
#ifndef HEAPGRAPH_ANALYSIS_H
#define HEAPGRAPH_ANALYSIS_H

#include "graph/inverse.h"
#include "tree/dominators.h"
#include "paths/paths.h"

/* Which dump it is. Zeroed: one that can have no index, as a pipe. */
struct hg_identity {
    uint64_t size, hash;
    int64_t seconds;
    uint64_t nanoseconds;
};

struct hg_index_file; /* an index that is open, for reading or writing */

/* What was not computed is zeroed. */
struct hg_analysis {
    struct hg_graph *graph;
    struct hg_tree tree;
    struct hg_parents parents;
    struct hg_inverse inverse;
    struct hg_identity identity; /* of the dump, before it was read */
    struct hg_index_file *index; /* NULL: none was found, none has been begun */
};

/*
 * Make sure that the analysis has a tree, parents or an inverse: by the index if that has them, or
 * else by computing them; then they are added to the index, if one is open or has been begun.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE.
 */
enum hg_status hg_analysis_tree(struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));
enum hg_status hg_analysis_parents(struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));
enum hg_status hg_analysis_inverse(struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));

/* Gives all of it back: the graph, the mapping, and an index that was begun and not saved. */
void hg_analysis_free(struct hg_analysis *analysis);

#endif
