/* Place in the flow: see steps.h and paths.h. */
#include "steps.h"

#include <string.h>

enum hg_rank
hg_root_rank(const struct hg_graph *graph, uint32_t held) {
    size_t length;
    uint32_t label = graph->label[held];
    if (graph->type[held] != HG_T_DATA || label == HG_NO_STRING) return HG_RANK_ROOT;
    if (strcmp(hg_string(graph, label, &length), "VM/thread") == 0) return HG_RANK_FRAME;
    return HG_RANK_ROOT;
}

bool
hg_edge_between(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t *name) {
    uint32_t least = UINT32_MAX;
    bool found = false;
    for (uint64_t edge = graph->first[from]; edge < graph->first[from + 1]; edge++) {
        if (graph->target[edge] != to) continue;
        uint32_t of = graph->name[edge];
        uint32_t cost = hg_edge_holds(of) ? hg_step_cost(graph, 0, from, to, of) : UINT32_MAX;
        if (found && cost >= least) continue;
        found = true;
        least = cost;
        *name = of;
    }
    if (least != UINT32_MAX) return true;
    if (graph->class_node[from] == to) {
        *name = HG_CLASS_STEP;
        return true;
    }
    return found;
}
