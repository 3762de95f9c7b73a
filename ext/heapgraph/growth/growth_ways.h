/*
 * Place in the flow: above growth_steps, below growth. One path to each object of a dump, called
 * its way here. It is chosen so that an object that does not change has the same path in every dump
 * of its process.
 *
 * Which path is better is defined in paths.h: rank first, then length. Of the frames of a thread,
 * only the outermost counts that holds an object (growth_frames.h). Of paths that are equally good,
 * the one is taken whose steps have the smaller hash; addresses are no part of that hash. A local
 * variable is the same step before and after a block has captured it (hg_is_captured). (The
 * paths of paths.h are then chosen by the order of nodes. That order may change from one dump to
 * the next, and objects that two holders share would move from one to the other.)
 */
#ifndef HEAPGRAPH_GROWTH_WAYS_H
#define HEAPGRAPH_GROWTH_WAYS_H

#include "paths/paths.h"
#include "growth/growth_steps.h"

struct hg_ways {
    uint32_t reached; /* how many nodes have a path */
    uint32_t *order;  /* these nodes, each behind the one from which it is reached */
    uint32_t *parent; /* by node: from which node it is reached; HG_NO_NODE if from none */
    uint32_t *name;   /* by node: the name of the edge from there; HG_E_CLASS for class edges */
    uint8_t *rank;    /* by node: enum hg_rank of its path */
    uint8_t *module;  /* by node: 1 for named modules, where paths begin */
    uint64_t *hash;   /* by node: hash of the steps of its path */
};

/*
 * Whether an edge with this name from a node that has its path already leads from the env of a
 * frame to what a local variable holds that a block has captured. Then the step is that of
 * hg_steps_captured, from the node that has the frame.
 */
bool hg_is_captured(const struct hg_graph *graph, const struct hg_ways *ways, uint32_t from,
                    uint32_t name);

/*
 * Finds the paths. Keeps 22 bytes per node, and needs 4 more while it works. HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY.
 */
enum hg_status hg_ways_build(const struct hg_graph *graph, struct hg_steps *steps,
                             struct hg_task *task, struct hg_ways *ways)
    __attribute__((warn_unused_result));

/* The ways as parents, without costs; their arrays remain those of the ways. */
struct hg_parents hg_ways_parents(const struct hg_ways *ways);

/* Frees the hashes alone, once they are not needed any more. */
void hg_ways_forget_hashes(struct hg_ways *ways);

/* Frees the ways; those that are zeroed or freed already are allowed. */
void hg_ways_free(struct hg_ways *ways);

#endif
