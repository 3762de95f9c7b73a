/*
 * All that is known of one dump, in parts: the graph, and what can be built from it. One table says
 * how each part is built and freed.
 */
#ifndef HEAPGRAPH_PARTS_H
#define HEAPGRAPH_PARTS_H

#include "graph/inverse.h"
#include "growth/own_ways.h"
#include "tree/dominators.h"
#include "tree/kinds.h"
#include "paths/paths.h"

/* Which dump it is. It is zeroed if the dump can have no index, for example a pipe. */
struct hg_identity {
    uint64_t size, hash;
    int64_t seconds;
    uint64_t nanoseconds;
};

struct hg_index_file; /* an index that is open for reading or writing: layout.h */

/* What has not been built is zeroed. */
struct hg_analysis {
    struct hg_graph *graph;
    struct hg_tree tree;
    struct hg_parents parents;
    struct hg_inverse inverse;
    struct hg_kinds kinds;
    struct hg_own_ways own_ways;
    struct hg_identity identity; /* of the dump, before it was read */
    struct hg_index_file *index; /* NULL if none was found and none has been begun */
};

enum hg_part {
    HG_PART_GRAPH,
    HG_PART_TREE,
    HG_PART_PARENTS,
    HG_PART_INVERSE,
    HG_PART_KINDS,    /* needs the tree */
    HG_PART_OWN_WAYS, /* needs the parents */
    HG_PARTS
};

struct hg_part_functions {
    /* Whether the analysis has the part. */
    bool (*present)(const struct hg_analysis *analysis);
    /* Builds the part. HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE. */
    enum hg_status (*build)(struct hg_analysis *analysis, struct hg_task *task);
    /* Frees the part; the analysis no longer has it. */
    void (*free)(struct hg_analysis *analysis);
    /* Puts the part of one analysis into another one, which has none. */
    void (*move)(struct hg_analysis *from, struct hg_analysis *to);
    /* Makes the arrays belong to the index file, in which they are. */
    void (*disown)(struct hg_analysis *analysis);
};

/* By number of the part. There are none for HG_PART_GRAPH, from which the others are built. */
extern const struct hg_part_functions hg_parts[HG_PARTS];

#endif
