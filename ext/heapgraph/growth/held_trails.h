/*
 * Place in the flow: above growth_follow, below held_ways. How single objects are held: on which
 * trail, and why they are called retained or not. Paths are those of paths.h, from the last named
 * module, thread, fiber or root on. Their steps are those of Leaks::Signature, but that frames of
 * one name in two files are two steps.
 */
#ifndef HEAPGRAPH_GROWTH_HELD_TRAILS_H
#define HEAPGRAPH_GROWTH_HELD_TRAILS_H

#include "base/array.h"
#include "growth/growth_follow.h"

/* The ranks of paths, and what is told apart besides. */
enum hg_held_by {
    HG_HELD_BY_CODE = HG_RANKS, /* there is code on the path, or what is held belongs to code */
    HG_HELD_BY_NOTHING,         /* no path, or no such object in the dump */
    HG_HELD_BY_ALL
};

struct hg_held_trails {
    const struct hg_graph *graph;
    const struct hg_parents *parents;
    struct hg_steps steps;
    struct hg_trails trails;
    uint32_t *known; /* by node, 0 if it is not known: 1 + 2 × its trail + 1 if code is on it */
    struct hg_numbers climbed;
};

struct hg_held_trail {
    uint32_t trail;  /* HG_NO_TRAIL if nothing holds it */
    uint32_t length; /* of the path, as paths.h says; UINT32_MAX if nothing holds it */
    enum hg_held_by by;
};

/*
 * Needs up to 12 bytes per node. hg_held_trails_free frees them, whatever was returned. Returns
 * false if there is no memory.
 */
bool hg_held_trails_init(struct hg_held_trails *held, const struct hg_graph *graph,
                         const struct hg_parents *parents) __attribute__((warn_unused_result));
void hg_held_trails_free(struct hg_held_trails *held);

/*
 * Says of a node, or of HG_NO_NODE, how it is held. Each node on a path is looked at once, whatever
 * the number of objects behind it. Returns false if there is no memory.
 */
bool hg_held_trail(struct hg_held_trails *held, uint32_t node, struct hg_held_trail *trail)
    __attribute__((warn_unused_result));

/*
 * Adds the path of a node that is held: node, name, node, name, …, node, from the root on. Where
 * steps lead back to a trail, only the last of them remain, so the depth in a list makes no
 * difference. Returns false if there is no memory.
 */
bool hg_held_path(struct hg_held_trails *held, uint32_t node, struct hg_numbers *path)
    __attribute__((warn_unused_result));

#endif
