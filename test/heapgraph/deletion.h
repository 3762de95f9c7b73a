/*
 * What is reached without one node: the definition that dominators are compared with.
 */
#ifndef HEAPGRAPH_TEST_DELETION_H
#define HEAPGRAPH_TEST_DELETION_H

#include <string.h>

#include "graph/graph.h"

/*
 * Marks what the virtual root reaches without going through `gone` (HG_NO_NODE: all that it
 * reaches). `marked` and `stack` have room for all nodes.
 */
static inline void
mark_without(const struct hg_graph *graph, uint32_t gone, uint8_t *marked, uint32_t *stack) {
    uint32_t depth = 0, root = graph->nodes - 1;
    memset(marked, 0, graph->nodes);
    if (gone == root) return;
    marked[root] = 1;
    stack[depth++] = root;
    while (depth) {
        uint32_t node = stack[--depth];
        for (uint64_t edge = hg_first(graph, node); edge <= hg_first(graph, node + 1); edge++) {
            uint32_t to = hg_class(graph, node);
            if (edge < hg_first(graph, node + 1)) {
                if (!hg_edge_holds(hg_name(graph, edge))) continue;
                to = hg_target(graph, edge);
            }
            if (to == HG_NO_NODE || to == gone || marked[to]) continue;
            marked[to] = 1;
            stack[depth++] = to;
        }
    }
}

#endif
