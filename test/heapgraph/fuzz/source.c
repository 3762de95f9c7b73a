/*
 * Any bytes as a file: it is loaded or refused, on one thread and sometimes on two, and a graph
 * that comes out is sound.
 */
#include "fuzz.h"

#include "graph/load.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void
check(const struct hg_graph *graph, struct hg_task *task) {
    struct hg_buffer buffer = {0};
    if (graph->nodes != graph->objects + graph->roots + 1) abort();
    if (hg_first(graph, 0) != 0 || hg_first(graph, graph->nodes) != graph->edges) abort();
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (hg_first(graph, node) > hg_first(graph, node + 1)) abort();
        if (hg_class(graph, node) != HG_NO_NODE && hg_class(graph, node) >= graph->objects) abort();
        if (hg_real_class(graph, node) != HG_NO_NODE && hg_class(graph, node) == HG_NO_NODE)
            abort();
        if (node < graph->objects && hg_node_at(graph, hg_address(graph, node)) != node) abort();
        if (node > 0 && node < graph->objects &&
            hg_address(graph, node) <= hg_address(graph, node - 1))
            abort();
        for (uint32_t e = hg_first(graph, node); e < hg_first(graph, node + 1); e++) {
            if (hg_target(graph, e) >= graph->nodes) abort();
            if (hg_edge_kind(hg_name(graph, e)) >= HG_E_KINDS) abort();
        }
        const char *text;
        size_t size;
        if (node % 16 == 0) hg_line(graph, node, task, &buffer, &text, &size);
    }
    hg_buffer_free(&buffer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
    for (unsigned threads = 1; threads <= (size % 8 == 1 ? 2 : 1); threads++) {
        struct hg_task task = {0};
        struct hg_source *source;
        struct hg_graph *graph;
        struct hg_load_options options = {.threads = threads, .strict = size % 8 == 0};
        if (hg_source_open_fd(fd, "fuzz", &task, &source) != HG_OK) continue;
        if (hg_load(source, &options, &task, &graph) == HG_OK) {
            check(graph, &task);
            hg_graph_free(graph);
        }
        else {
            hg_source_free(source);
        }
    }
    close(fd);
    return 0;
}
