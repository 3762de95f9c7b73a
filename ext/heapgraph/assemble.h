/*
 * What the threads have recorded to a graph.
 */
#ifndef HEAPGRAPH_ASSEMBLE_H
#define HEAPGRAPH_ASSEMBLE_H

#include "record.h"

/*
 * Makes the graph, without source, and the account's `missing` and `duplicates`. The recorders'
 * lists are consumed while it is made.
 */
enum hg_status hg_assemble(struct hg_recorder *recorders, unsigned threads, struct hg_units *units,
                           const struct hg_string_table *strings, struct hg_task *task,
                           struct hg_graph **graph);

#endif
