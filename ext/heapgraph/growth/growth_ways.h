/*
 * Place in the flow: above growth_steps, below growth. The way on which each object of one dump is
 * reached, chosen so that an object that stands still is reached in the same way in every dump of
 * its process.
 *
 * What a good way is, is told in paths.h: rank first, then length. Of ways that are equally good the
 * one is taken whose steps have the smaller hash, which no address has a part in. (The paths of
 * paths.h go by the order of nodes there. Between two dumps that order may change, and objects that
 * two holders share would move from one to the other.)
 */
#ifndef HEAPGRAPH_GROWTH_WAYS_H
#define HEAPGRAPH_GROWTH_WAYS_H

#include "paths/paths.h"
#include "growth/growth_steps.h"

struct hg_ways {
    uint32_t reached; /* how many nodes there are a way to */
    uint32_t *order;  /* those, each behind the one that it is reached from */
    uint32_t *parent; /* by node: where it is reached from; HG_NO_NODE where there is nothing */
    uint32_t *name;   /* by node: the name of the edge from there; HG_E_CLASS for class edges */
    uint8_t *rank;    /* by node: enum hg_rank of its way */
    uint8_t *module;  /* by node: 1 for named modules, where ways begin */
};

/* HG_OK · HG_STOPPED · HG_NO_MEMORY. Keeps 14 bytes per node, needs 13 more while it works. */
enum hg_status hg_ways_build(const struct hg_graph *graph, struct hg_steps *steps,
                             struct hg_task *task, struct hg_ways *ways)
    __attribute__((warn_unused_result));

/* Fine on ways that are zeroed or freed already. */
void hg_ways_free(struct hg_ways *ways);

#endif
