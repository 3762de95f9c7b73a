/*
 * The lengths of strings, symbols, arrays and hashes: bytes of a text, elements, entries. They are
 * not in the graph, but only in the lines of the dump.
 */
#ifndef HEAPGRAPH_LENGTHS_H
#define HEAPGRAPH_LENGTHS_H

#include "base/task.h"
#include "graph/graph.h"

#define HG_NO_LENGTH UINT64_MAX

/*
 * Reads them with several threads into `lengths`, which has one element for each object:
 * HG_NO_LENGTH for an object that has none. The lines are those of hg_each_line. HG_OK · HG_STOPPED
 * · HG_NO_MEMORY · HG_IO.
 */
enum hg_status hg_read_lengths(const struct hg_graph *graph, struct hg_task *task,
                               uint64_t *lengths) __attribute__((warn_unused_result));

#endif
