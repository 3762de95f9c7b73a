/*
 * Place in the flow: above growth_trails and growth_steps. Which trail a node is on: its path is
 * followed step by step, whether that is the path of growth_ways or that of paths.
 */
#ifndef HEAPGRAPH_GROWTH_FOLLOW_H
#define HEAPGRAPH_GROWTH_FOLLOW_H

#include "growth/growth_steps.h"
#include "growth/growth_trails.h"
#include "paths/paths.h"

/* One path to each node of a graph: that of paths, or that of growth_ways, which has no costs. */
struct hg_best_paths {
    const struct hg_graph *graph;
    struct hg_parents parents;
};

/* Whether a node is the shared buffer of the array from which it is reached. */
static inline bool
hg_is_shared_buffer(const struct hg_best_paths *paths, uint32_t node) {
    uint32_t parent = hg_parent(&paths->parents, node);
    return parent != HG_NO_NODE && !hg_parent_module(&paths->parents, node) &&
           hg_steps_shares(paths->graph, parent, node, hg_parent_name(&paths->parents, node));
}

/* Whether the step over an edge has a name of its own. Edges to elements have none. */
static inline bool
hg_step_is_named(uint32_t name) {
    return hg_edge_kind(name) != HG_E_REFERENCE && !hg_edge_is_element(name);
}

/*
 * The node whose trail comes before that of a node: its parent, but the elements of a shared buffer
 * count as elements of the array. HG_NO_NODE for a node without a parent.
 */
uint32_t hg_trail_before(const struct hg_best_paths *paths, uint32_t node);

/* The trail where the paths through a named module begin. HG_NO_TRAIL if there is no memory. */
uint32_t hg_trail_begin(struct hg_trails *trails, struct hg_steps *steps, uint32_t module);

/*
 * The trail of a node, where `before` is that of hg_trail_before. HG_NO_TRAIL if there is no
 * memory.
 */
uint32_t hg_trail_follow(struct hg_trails *trails, struct hg_steps *steps,
                         const struct hg_best_paths *paths, uint32_t before, uint32_t node);

#endif
