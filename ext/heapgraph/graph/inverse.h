/*
 * Place in the flow: above the graph. Who refers to whom. For one node the graph can be scanned
 * (hg_referrers without an inverse: about 1 ms for a million objects); who asks for many builds the
 * inverse.
 *
 * Classes are kept apart: millions of instances hold few classes by their class edge, and no one
 * wants them in a list of referrers. hg_instances_* has them.
 */
#ifndef HEAPGRAPH_INVERSE_H
#define HEAPGRAPH_INVERSE_H

#include "base/task.h"
#include "graph/graph.h"

struct hg_inverse {
    /* Edges to v come from source[first[v] … first[v+1]-1], ascending; parallel edges each, weak ones too. */
    const uint32_t *first; /* nodes + 1 */
    const uint32_t *source;

    /* Instances of a class in ascending order: instance[v], then next[that] …, until HG_NO_NODE. */
    const uint32_t *instance; /* by class node: the first one */
    const uint32_t *next;     /* by node: the next one of its class */

    void *owned;
};

/* HG_OK · HG_STOPPED · HG_NO_MEMORY. Keeps 12 bytes per node and 4 per edge. */
enum hg_status hg_inverse_build(const struct hg_graph *graph, struct hg_task *task,
                                struct hg_inverse *inverse) __attribute__((warn_unused_result));

/* Fine on an inverse that is zeroed or freed already. */
void hg_inverse_free(struct hg_inverse *inverse);

/* One edge to a node. */
struct hg_referrer {
    uint32_t node; /* where it comes from */
    uint32_t name; /* as in graph.h; HG_E_CLASS for an instance */
};

/*
 * The edges to a node, in the order of their sources: those from `offset` on, at most `limit` into
 * `referrers`. `found` is how many came, `total` how many there are. With `instances`, the objects
 * whose class it is come too, behind all others. `inverse` may be NULL: the graph is scanned then.
 * HG_OK or HG_STOPPED.
 */
enum hg_status hg_referrers(const struct hg_graph *graph, const struct hg_inverse *inverse,
                            uint32_t node, bool instances, uint64_t offset, uint32_t limit,
                            struct hg_task *task, struct hg_referrer *referrers, uint32_t *found,
                            uint64_t *total) __attribute__((warn_unused_result));

/*
 * How often each node is referred to by edges that hold, class edges apart. `counts` has room for
 * all nodes. HG_OK or HG_STOPPED.
 */
enum hg_status hg_count_referrers(const struct hg_graph *graph, struct hg_task *task,
                                  uint32_t *counts) __attribute__((warn_unused_result));

#endif
