/*
 * Makes a graph of what the threads have recorded.
 */
#ifndef HEAPGRAPH_ASSEMBLE_H
#define HEAPGRAPH_ASSEMBLE_H

#include "records/recorder.h"
#include "graph/graph.h"

/*
 * Makes the graph, except its source, and fills in `missing` and `duplicates` of its account. The
 * lists of the recorders are consumed meanwhile. If `root` is not NULL (for a dump without ROOT
 * lines), the graph gets one root with this label, which holds all objects (entries.h).
 *
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE. hg_graph_free frees the graph.
 */
enum hg_status hg_assemble(struct hg_recorder *recorders, unsigned threads, struct hg_units *units,
                           const struct hg_string_table *strings, const uint32_t *root,
                           struct hg_task *task, struct hg_graph **graph);

#endif
