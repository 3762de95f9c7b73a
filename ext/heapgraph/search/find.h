/*
 * Place in the flow: above the graph and its tree. Objects by what they are: the largest of them, a
 * fair sample of them, and those that most others refer to.
 */
#ifndef HEAPGRAPH_FIND_H
#define HEAPGRAPH_FIND_H

#include "base/array.h"
#include "tree/dominators.h"

#define HG_ANY_TYPE 0xff

/* What an object has to be. */
struct hg_filter {
    uint8_t type;            /* enum hg_type or HG_ANY_TYPE */
    const uint32_t *classes; /* nodes of classes, one of which it is an instance of; NULL for any */
    size_t class_count;
    uint64_t least_bytes; /* its shallow size at least */
    bool reachable;       /* garbage does not count */
};

/* What there is of them. */
struct hg_found {
    uint64_t objects, bytes; /* all that match, and their shallow sizes */
};

/*
 * Adds to `nodes` those that match, at most `limit`: the ones that retain most (garbage by its own
 * size, behind all others), largest first, equal ones in the order of nodes. Roots never match.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_find(const struct hg_graph *graph, const struct hg_tree *tree,
                       const struct hg_filter *filter, uint32_t limit, struct hg_task *task,
                       struct hg_numbers *nodes, struct hg_found *found)
    __attribute__((warn_unused_result));

/*
 * Adds to `nodes` at most `limit` of those that match, evenly spread over all of them in the order
 * of nodes. All of them where there are no more than that.
 */
enum hg_status hg_sample(const struct hg_graph *graph, const struct hg_tree *tree,
                         const struct hg_filter *filter, uint32_t limit, struct hg_task *task,
                         struct hg_numbers *nodes, struct hg_found *found)
    __attribute__((warn_unused_result));

/*
 * Adds to `nodes` pairs of a node and the number of edges that lead to it (hg_count_referrers): at
 * most `limit` pairs, most edges first, equal ones in the order of nodes. With `program`,
 * of the program's own objects alone (hg_kin).
 */
enum hg_status hg_most_referred(const struct hg_graph *graph, bool program, uint32_t limit,
                                struct hg_task *task, struct hg_numbers *nodes)
    __attribute__((warn_unused_result));

/*
 * Adds the classes and modules of a name, in the order of nodes; all that have a name where `name` is
 * NULL. HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_modules_named(const struct hg_graph *graph, const char *name, size_t length,
                                struct hg_numbers *nodes) __attribute__((warn_unused_result));

#endif
