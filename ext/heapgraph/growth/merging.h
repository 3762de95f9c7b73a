/*
 * Place in the flow: within merged_paths.h, for its two files only. What is known while paths are
 * merged: merged_paths.c fills it in, and merged_cut.c looks in it for references to cut.
 */
#ifndef HEAPGRAPH_MERGING_H
#define HEAPGRAPH_MERGING_H

#include "base/array.h"
#include "growth/growth_follow.h"
#include "growth/merged_paths.h"

/* A trail, and the branch that it becomes. */
struct hg_merged_place {
    uint64_t members; /* on the trail, later also on those below it */
    uint32_t node, name;
    uint32_t below;  /* how many trails below it have members and are no branches */
    uint32_t branch; /* the branch that counts its members */
    uint32_t rest;   /* the branch for trails below it, or HG_NO_NODE */
    bool stays;      /* it is a branch of its own */
};

/* A member that something holds. */
struct hg_live_member {
    uint32_t node, trail;
};

struct hg_merging {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    struct hg_best_paths paths;
    struct hg_task *task;
    bool counts;                 /* whether members are counted, so that `live` is filled in */
    uint64_t *member;            /* a bit for each node */
    uint64_t *at;                /* a bit for each position: that of a live member */
    uint32_t *before;            /* by word of `at`: how many live members come before it */
    struct hg_live_member *live; /* the live members in the order of their positions */
    uint32_t *trail;        /* by node above members: its trail + 1, or 0 if it is not known yet */
    uint32_t parent, above; /* of the last member, and hg_trail_before */
    uint64_t *most;         /* by branch: what its example retains */
    uint32_t *covered;      /* two for each branch: for all its members, and for its own */
    struct hg_steps steps;
    struct hg_trails trails;
    struct hg_merged_place *places; /* by trail */
    uint32_t known;                 /* how many places are filled in */
    size_t room;
    struct hg_numbers stack;
};

/*
 * Finds the trails of a node and of those before it that have none yet, which are in `trail` then.
 * Returns false if there is no memory.
 */
bool hg_merging_trail(struct hg_merging *merging, uint32_t node)
    __attribute__((warn_unused_result));

/* Whether nothing holds a live member any more, since some references are cut. */
static inline bool
hg_merging_released(const struct hg_merging *merging, uint32_t node) {
    return hg_parent_cost(&merging->paths.parents, node) == UINT32_MAX;
}

/*
 * Sets the bit of each reference that leads to a branch in `cut`, which has one for each edge and
 * is zeroed, and counts them in merged->cut. The branches must be there. No bit is set if there is
 * no such branch, or none to which references lead. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_cut_branch(struct hg_merging *merging, struct hg_merged_paths *merged,
                             uint32_t branch, uint64_t *cut) __attribute__((warn_unused_result));

#endif
