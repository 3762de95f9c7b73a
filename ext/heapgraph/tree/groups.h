/*
 * Place in the flow: above dominators. Objects by class, type, place or generation.
 */
#ifndef HEAPGRAPH_GROUPS_H
#define HEAPGRAPH_GROUPS_H

#include "tree/dominators.h"

enum hg_group_by { HG_BY_CLASS, HG_BY_TYPE, HG_BY_LOCATION, HG_BY_GENERATION };

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
};

/*
 * Groups all objects, or if `below` is not HG_NO_NODE, those that this node dominates, itself left
 * out. If `tree` is NULL, all objects count as reachable and nothing is retained. The groups are
 * sorted by `retained`, then by bytes and by count, largest first, then by key. *groups is
 * malloc'ed, and the caller frees it with free(). A dump without locations or generations gives one
 * group of unknown ones.
 *
 * HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_groups(const struct hg_graph *graph, const struct hg_tree *tree,
                         enum hg_group_by by, uint32_t below, struct hg_task *task,
                         struct hg_group **groups, size_t *count)
    __attribute__((warn_unused_result));

#endif
