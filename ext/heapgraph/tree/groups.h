/*
 * Place in the flow: above dominators. Objects by class, type, place or generation.
 */
#ifndef HEAPGRAPH_GROUPS_H
#define HEAPGRAPH_GROUPS_H

#include "tree/dominators.h"

enum hg_group_by { HG_BY_CLASS, HG_BY_TYPE, HG_BY_LOCATION, HG_BY_GENERATION };

/* What is largest in the first group. */
enum hg_group_sort { HG_GROUPS_RETAINED, HG_GROUPS_BYTES, HG_GROUPS_COUNT, HG_GROUP_SORTS };

/* Roots are in no group. Unreachable objects count only in the two fields for them. */
struct hg_group {
    /*
     * HG_BY_CLASS        node of the real class (hg_real_class); HG_NO_NODE for objects without
     *                    one, which are grouped by `type` and `label`
     * HG_BY_TYPE         enum hg_type
     * HG_BY_LOCATION     string "file:line"; HG_NO_STRING if unknown
     * HG_BY_GENERATION   the generation; UINT32_MAX if unknown
     */
    uint32_t key;
    uint32_t label;        /* a string for HG_BY_CLASS without class, or HG_NO_STRING */
    uint8_t type;          /* of the first object that was found */
    uint32_t largest;      /* retains most, or is largest if there is no tree; or HG_NO_NODE */
    uint64_t count, bytes; /* reachable objects and their sizes; all objects if there is no tree */
    uint64_t retained;     /* what the objects dominate together; 0 without a tree */
    uint64_t unreachable, unreachable_bytes;
    uint64_t old; /* of those that `count` counts, how many the GC calls old */
};

struct hg_kinds; /* kinds.h */

/* Which objects are grouped, and which groups are wanted. */
struct hg_group_query {
    enum hg_group_by by;
    const struct hg_kinds *kinds; /* those of the tree, from which all objects by class come at
                                     once; NULL: they are counted */
    uint32_t below; /* only objects that this node dominates, itself left out; HG_NO_NODE: all */

    /*
     * Only the objects that hg_top lists, or with `below` those that this node dominates directly.
     * `through` is as for hg_top, and may be NULL. What such objects retain adds up.
     */
    bool outermost;
    const struct hg_column *through;

    enum hg_group_sort sort;
    uint32_t limit; /* at most so many groups */
};

struct hg_groups {
    struct hg_group *items;
    size_t count;
    uint64_t total;       /* how many groups there are in all */
    struct hg_group rest; /* the sums of those that are not among the items; `retained` is 0
                             unless it adds up */
};

/*
 * Groups objects. If `tree` is NULL, all objects count as reachable and nothing is retained; then
 * `below` and `outermost` must not be used. The groups are sorted as the query says, largest first,
 * equal ones by retained, bytes and count, then by key. A dump without locations or generations
 * gives one group of unknown ones.
 *
 * HG_OK · HG_STOPPED · HG_NO_MEMORY; after the last two there is nothing to free.
 */
enum hg_status hg_group_objects(const struct hg_graph *graph, const struct hg_tree *tree,
                                const struct hg_group_query *query, struct hg_task *task,
                                struct hg_groups *groups) __attribute__((warn_unused_result));

/* Frees the groups; a zeroed struct is allowed. */
void hg_groups_free(struct hg_groups *groups);

#endif
