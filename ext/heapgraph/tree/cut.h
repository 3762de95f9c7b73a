/*
 * Place in the flow: above dominators and the inverse. What would be garbage if one reference were
 * cut.
 */
#ifndef HEAPGRAPH_CUT_H
#define HEAPGRAPH_CUT_H

#include "graph/inverse.h"
#include "tree/dominators.h"

struct hg_cut {
    uint64_t bytes, objects;  /* what would be garbage: all that `to` dominates, or nothing */
    uint32_t references;      /* how many edges lead from `from` to `to`, weak ones too */
    struct hg_referrer other; /* an edge that would still hold `to`; its node is HG_NO_NODE where
                                 there is none */
};

/*
 * Finds what would be garbage if one edge from `from` to `to` were cut: one that holds, or if none
 * does, a weak one, which frees nothing. An object holds its class by an edge, too.
 *
 * All that `to` dominates would be garbage if no other edge holds `to`: each other edge to it comes
 * from garbage or from what `to` dominates itself, or is weak. A second edge from `from` is such
 * another edge. Nothing would be garbage in all other cases, as `to` would still be live. The work
 * is that of looking at the referrers of `to` until such an edge is found. HG_OK or HG_STOPPED.
 */
enum hg_status hg_cut(const struct hg_graph *graph, const struct hg_tree *tree,
                      const struct hg_inverse *inverse, uint32_t from, uint32_t to,
                      struct hg_task *task, struct hg_cut *cut) __attribute__((warn_unused_result));

#endif
