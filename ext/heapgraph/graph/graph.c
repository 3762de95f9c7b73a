/*
 * Answers that need more than a look into one array of the graph; see graph.h.
 */
#include "graph/graph.h"

#include "reading/source.h"
#include "records/index.h"
#include "records/strings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

uint64_t
hg_large_memsize(const struct hg_graph *graph, uint32_t node) {
    uint32_t low = 0, high = graph->large;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (graph->large_node[middle] < node) low = middle + 1;
        else high = middle;
    }
    if (low < graph->large && graph->large_node[low] == node) return graph->large_memsize[low];
    return UINT32_MAX;
}

uint64_t
hg_address(const struct hg_graph *graph, uint32_t node) {
    return node < graph->objects ? hg_index_address(graph->index, node) : 0;
}

uint32_t
hg_node_at(const struct hg_graph *graph, uint64_t address) {
    return hg_index_node(graph->index, address);
}

const char *
hg_string(const struct hg_graph *graph, uint32_t string, size_t *length) {
    const struct hg_strings *strings = graph->strings;
    if (string >= strings->count) string = HG_S_EMPTY;
    if (length) *length = (size_t)(strings->offset[string + 1] - strings->offset[string] - 1);
    return strings->bytes + strings->offset[string];
}

uint32_t
hg_superclass(const struct hg_graph *graph, uint32_t class) {
    uint32_t name = hg_edge_name(HG_E_FIELD, HG_S_SUPERCLASS);
    for (uint32_t e = hg_first(graph, class), end = hg_first(graph, class + 1); e < end; e++) {
        if (hg_name(graph, e) == name) return hg_target(graph, e);
    }
    return HG_NO_NODE;
}

bool
hg_is_tracing(const struct hg_graph *graph, uint32_t node) {
    static const char BEGINNING[] = "ObjectTracing/";
    if (hg_type(graph, node) != HG_T_DATA || hg_label(graph, node) == HG_NO_STRING) return false;
    return strncmp(hg_string(graph, hg_label(graph, node), NULL), BEGINNING, strlen(BEGINNING)) ==
           0;
}

uint32_t
hg_shown_class(const struct hg_graph *graph, uint32_t class) {
    enum { DEEPEST = 10000 }; // a broken dump may have a circle
    for (int depth = 0; class != HG_NO_NODE && depth < DEEPEST; depth++) {
        bool shown = !(hg_flags(graph, class) & HG_N_SINGLETON) &&
                     hg_type(graph, class) != HG_T_ICLASS;
        if (shown) return class;
        class = hg_superclass(graph, class);
    }
    return HG_NO_NODE;
}

uint32_t
hg_real_class(const struct hg_graph *graph, uint32_t node) {
    if (hg_is_tracing(graph, node)) return HG_NO_NODE;
    return hg_shown_class(graph, hg_class(graph, node));
}

void
hg_graph_let_go(const struct hg_graph *graph) {
    // of a file that is only read, nothing is lost
    if (graph->mapping)
        (void)madvise((void *)(uintptr_t)graph->mapping, graph->mapped, MADV_DONTNEED);
}

void
hg_graph_free(struct hg_graph *graph) {
    if (!graph) return;
    if (graph->free_owned) graph->free_owned(graph->owned);
    hg_source_free(graph->source);
    free(graph);
}
