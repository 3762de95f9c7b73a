/*
 * Place in the flow: see merging.h. The references that lead to a branch of merged paths: a branch
 * is reached by one step, and all references count that make this step from where it begins.
 */
#include "base/progress.h"
#include "growth/merging.h"

/* A step of the trails, by which a branch is reached. */
struct step {
    uint64_t number;
    uint32_t trail, above; /* where it leads, and where it begins */
    bool named;
    enum hg_edge_kind kind; /* of the edges that make it */
};

/* The kind of an edge as it is in the number of a step. */
static inline enum hg_edge_kind
kind_in_step(uint32_t name) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    return kind == HG_E_VALUE_AT || kind == HG_E_VALUE_INT ? HG_E_VALUE : kind;
}

/* Finds the step to a branch. Returns false if no reference leads to it. */
static bool
find_step(const struct hg_merging *merging, const struct hg_merged_paths *merged, uint32_t branch,
          struct step *step) {
    if (branch >= merged->count || merged->branches[branch].parent == 0) return false;
    for (uint32_t trail = 0; trail < merging->known; trail++) {
        const struct hg_merged_place *place = &merging->places[trail];
        if (!place->stays || place->branch != branch) continue;
        const struct hg_trail *found = &merging->trails.items[trail];
        *step = (struct step){found->step, trail, found->parent, hg_step_is_named(place->name),
                              kind_in_step(place->name)};
        return true;
    }
    return false;
}

/* Whether the step leads from this trail to the branch. */
static bool
leads_there(struct hg_merging *merging, const struct step *step, uint32_t from) {
    if (from == step->above) return true;
    uint32_t at = from;
    while (at > step->trail) at = merging->trails.items[at].parent;
    if (at != step->trail) return false;
    uint32_t to = hg_trails_follow(&merging->trails, from, step->number, step->named);
    if (to == HG_NO_TRAIL) merging->steps.failed = true; // there is no memory
    return to == step->trail;
}

/* Whether an edge makes the step itself. Most edges are of another kind. */
static inline bool
is_step(struct hg_merging *merging, const struct step *step, uint64_t edge, uint32_t name) {
    return kind_in_step(name) == step->kind &&
           hg_steps_take(&merging->steps, name, hg_target(merging->graph, edge)) == step->number;
}

/* Whether an edge makes the step, itself or by an element of the buffer to which it leads. */
static inline bool
makes(struct hg_merging *merging, const struct step *step, uint32_t from, uint64_t edge) {
    const struct hg_graph *graph = merging->graph;
    uint32_t name = hg_name(graph, edge);
    if (!hg_edge_holds(name)) return false;
    if (is_step(merging, step, edge, name)) return true;
    if (step->named || hg_edge_kind(name) != HG_E_FIELD) return false;
    uint32_t to = hg_target(graph, edge);
    if (!hg_steps_shares(graph, from, to, name)) return false;
    for (uint64_t next = hg_first(graph, to), end = hg_first(graph, to + 1); next < end; next++)
        if (is_step(merging, step, next, hg_name(graph, next))) return true;
    return false;
}

/* Marks the edges of a node that make the step. Returns false if there is no memory. */
static bool
cut_edges_of(struct hg_merging *merging, const struct step *step, uint32_t node, uint64_t *cut,
             uint64_t *count) {
    uint64_t edge = hg_first(merging->graph, node), end = hg_first(merging->graph, node + 1);
    while (edge < end && !makes(merging, step, node, edge)) edge++;
    if (edge == end) return true;
    if (hg_merging_released(merging, node) || hg_is_shared_buffer(&merging->paths, node))
        return true;
    if (!hg_merging_trail(merging, node)) return false;
    if (!leads_there(merging, step, merging->trail[node] - 1)) return true;
    for (; edge < end; edge++) {
        if (!makes(merging, step, node, edge)) continue;
        cut[edge / 64] |= UINT64_C(1) << edge % 64;
        ++*count;
    }
    return true;
}

enum hg_status
hg_cut_branch(struct hg_merging *merging, struct hg_merged_paths *merged, uint32_t branch,
              uint64_t *cut) {
    const struct hg_graph *graph = merging->graph;
    struct step step;
    if (!find_step(merging, merged, branch, &step)) return HG_OK;
    hg_phase(merging->task, "references", graph->nodes);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(merging->task, node)) return HG_STOPPED;
        if (!cut_edges_of(merging, &step, node, cut, &merged->cut)) return HG_NO_MEMORY;
    }
    return merging->steps.failed ? HG_NO_MEMORY : HG_OK;
}
