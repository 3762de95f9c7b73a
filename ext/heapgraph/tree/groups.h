/*
 * Place in the flow: above dominators and paths. Objects by class, type, place or generation.
 */
#ifndef HEAPGRAPH_GROUPS_H
#define HEAPGRAPH_GROUPS_H

#include "tree/dominators.h"

enum hg_group_by { HG_BY_CLASS, HG_BY_TYPE, HG_BY_LOCATION, HG_BY_GENERATION };

/* Roots stand in no group. Unreachable objects count in `unreachable` alone, nowhere else. */
struct hg_group {
    /*
     * HG_BY_CLASS        node of the real class (hg_real_class), HG_NO_NODE for objects without one:
     *                    those are grouped by `type` and `label`
     * HG_BY_TYPE         enum hg_type
     * HG_BY_LOCATION     string "file:line", HG_NO_STRING where unknown
     * HG_BY_GENERATION   the generation, UINT32_MAX where unknown
     */
    uint32_t key;
    uint32_t label; /* with HG_BY_CLASS and no class: string or HG_NO_STRING; else HG_NO_STRING */
    uint8_t type;   /* of the first object */
    uint32_t
        largest; /* retains most; without a tree: has most bytes; HG_NO_NODE: none is reachable */
    uint64_t count, bytes; /* reachable objects and their shallow sizes; without a tree: all */
    uint64_t retained;     /* of the set: union in the dominator tree. 0 without a tree */
    uint64_t unreachable, unreachable_bytes;
};

/*
 * Groups of all objects, or with `below` (a node, else HG_NO_NODE) of those alone that it dominates,
 * itself left out. `tree` may be NULL: everything counts as reachable then and nothing is retained.
 * Sorted by `retained`, then bytes, then count, largest first, then by key. `groups` is malloc'ed,
 * free() it; a dump without locations or generations gives one group of unknown ones.
 *
 * HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_groups(const struct hg_graph *graph, const struct hg_tree *tree,
                         enum hg_group_by by, uint32_t below, struct hg_task *task,
                         struct hg_group **groups, size_t *count)
    __attribute__((warn_unused_result));

#endif
