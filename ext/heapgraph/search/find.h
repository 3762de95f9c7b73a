/*
 * Place in the flow: above the graph and its tree. Objects by what they are: the largest of them, a
 * fair sample of them, and those to which most others refer.
 */
#ifndef HEAPGRAPH_FIND_H
#define HEAPGRAPH_FIND_H

#include "base/array.h"
#include "graph/inverse.h"
#include "search/conditions.h"
#include "tree/kinds.h"

#define HG_ANY_TYPE 0xff

/* What an object must be to match. */
struct hg_filter {
    uint8_t type;            /* enum hg_type or HG_ANY_TYPE */
    const uint32_t *classes; /* it is an instance of one of these classes; NULL for any class */
    size_t class_count;
    uint64_t least_bytes; /* its size at least */
    bool reachable;       /* garbage does not match */

    /* It is one of these, which are in ascending order; NULL for any object. */
    const uint32_t *nodes;
    size_t node_count;

    const struct hg_condition *conditions; /* it meets all of these, which are prepared */
    size_t condition_count;

    const struct hg_kinds *kinds; /* with which hg_find need not look at all objects; or NULL */
};

/* How many objects match. */
struct hg_found {
    uint64_t objects, bytes; /* all that match, and the sum of their sizes */
};

/* What comes first. Equal ones are in the order of nodes. */
enum hg_sort {
    HG_SORT_RETAINED,  /* what retains most; garbage comes behind all others, by its own size */
    HG_SORT_SIZE,      /* the largest object */
    HG_SORT_ADDRESS,   /* the lowest address, which is the order of nodes */
    HG_SORT_REFERRERS, /* to which most edges lead (hg_count_referrers) */
    HG_SORTS
};

/* A part of a sorted list: at most `limit` items from number `offset` on. */
struct hg_listing {
    enum hg_sort sort;
    uint32_t offset, limit;
};

/*
 * Adds to `nodes` a part of the objects that match. Parts that do not overlap have no object in
 * common. Roots never match. The work is one pass over the objects, or with kinds a shorter one,
 * which several threads share if there are many. The memory is 16 bytes for each object up to the
 * end of the part, for each thread and once more, and with HG_SORT_REFERRERS 4 for each node. HG_OK
 * · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_find(const struct hg_graph *graph, const struct hg_tree *tree,
                       const struct hg_filter *filter, const struct hg_listing *listing,
                       struct hg_task *task, struct hg_numbers *nodes, struct hg_found *found)
    __attribute__((warn_unused_result));

/*
 * Adds to `nodes` at most `limit` of the objects that match, evenly spread over all of them in the
 * order of nodes; all of them if there are no more than `limit`. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_sample(const struct hg_graph *graph, const struct hg_tree *tree,
                         const struct hg_filter *filter, uint32_t limit, struct hg_task *task,
                         struct hg_numbers *nodes, struct hg_found *found)
    __attribute__((warn_unused_result));

/*
 * Sets the bit of each object that matches in `marks`, which has one for each node and is zeroed,
 * by several threads if there are many objects. HG_OK or HG_STOPPED.
 */
enum hg_status hg_mark_found(const struct hg_graph *graph, const struct hg_tree *tree,
                             const struct hg_filter *filter, struct hg_task *task, uint64_t *marks)
    __attribute__((warn_unused_result));

/*
 * Adds to `nodes` pairs: a node, and the number of edges that lead to it (hg_count_referrers). They
 * are at most `limit` pairs, those with most edges first, equal ones in the order of nodes. With
 * `program`, only objects of the program count (hg_kin). The inverse has the first of them; without
 * one (NULL), and if these are not enough, all edges are counted. HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY.
 */
enum hg_status hg_most_referred(const struct hg_graph *graph, const struct hg_inverse *inverse,
                                bool program, uint32_t limit, struct hg_task *task,
                                struct hg_numbers *nodes) __attribute__((warn_unused_result));

/*
 * Adds to `nodes` the classes and modules with this name, in the order of nodes. If `name` is NULL,
 * it adds all that have a name. HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_modules_named(const struct hg_graph *graph, const char *name, size_t length,
                                struct hg_numbers *nodes) __attribute__((warn_unused_result));

#endif
