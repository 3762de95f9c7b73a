/*
 * What the threads have recorded to a graph.
 */
#ifndef HEAPGRAPH_ASSEMBLE_H
#define HEAPGRAPH_ASSEMBLE_H

#include "records/recorder.h"
#include "graph/graph.h"

/*
 * Makes the graph, without source, and the account's `missing` and `duplicates`. The recorders'
 * lists are consumed while it is made. With `root`, of a dump without ROOT lines, there will be one
 * root of that label, which holds all objects (see entries.h).
 */
enum hg_status hg_assemble(struct hg_recorder *recorders, unsigned threads, struct hg_units *units,
                           const struct hg_string_table *strings, const uint32_t *root,
                           struct hg_task *task, struct hg_graph **graph);

#endif
