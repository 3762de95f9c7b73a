/* Place in the flow: see cut.h. */
#include "tree/cut.h"

struct search {
    const struct hg_tree *tree;
    uint32_t from, to;
    bool cut; /* the edge that is cut has been met */
    struct hg_referrer other;
};

/* Looks at one edge to `to`. Returns false to end the search, because it would still hold `to`. */
static bool
take(void *data, struct hg_referrer edge) {
    struct search *search = data;
    if (!hg_edge_holds(edge.name)) return true;
    if (edge.node == search->from && !search->cut) {
        search->cut = true;
        return true;
    }
    bool holds = hg_is_reachable(search->tree, edge.node) &&
                 !hg_dominates(search->tree, search->to, edge.node);
    if (holds) search->other = edge;
    return !holds;
}

static uint32_t
count_edges(const struct hg_graph *graph, uint32_t from, uint32_t to) {
    uint32_t count = hg_class(graph, from) == to;
    for (uint32_t edge = hg_first(graph, from), end = hg_first(graph, from + 1); edge < end; edge++)
        count += hg_target(graph, edge) == to;
    return count;
}

enum hg_status
hg_cut(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_inverse *inverse,
       uint32_t from, uint32_t to, struct hg_task *task, struct hg_cut *cut) {
    struct search search = {.tree = tree, .from = from, .to = to, .other.node = HG_NO_NODE};
    enum hg_status status = hg_each_instance(graph, inverse, to, task, take, &search);
    if (status == HG_OK) status = hg_each_referrer(graph, inverse, to, task, take, &search);
    bool held = search.other.node != HG_NO_NODE;
    *cut = (struct hg_cut){.references = count_edges(graph, from, to), .other = search.other};
    if (held) return HG_OK; // the search has ended before its end
    if (status != HG_OK || !search.cut || !hg_is_reachable(tree, to)) return status;
    cut->bytes = hg_retained(tree, to);
    cut->objects = hg_retained_nodes(tree, to) - (to >= graph->objects); // a root is no object
    return HG_OK;
}
