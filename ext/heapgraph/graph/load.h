/*
 * A dump to a graph.
 */
#ifndef HEAPGRAPH_LOAD_H
#define HEAPGRAPH_LOAD_H

#include "base/task.h"
#include "reading/source.h"
#include "graph/graph.h"

struct hg_load_options {
    bool strict;      /* the first bad line, or broken compression, is an error */
    bool frugal;      /* memory goes back to the kernel while the graph is made, not to its tree */
    unsigned threads; /* 0: one for each processor */
};

/*
 * Reads a dump, ours or ObjectSpace.dump_all's. The graph takes the source over; if anything but
 * HG_OK is returned the source is the caller's as before, and the task tells what happened.
 *
 * Bad lines are skipped and counted in the account, and so is whatever else is strange. HG_NOT_A_DUMP
 * where nothing of a dump was found.
 */
enum hg_status hg_load(struct hg_source *source, const struct hg_load_options *options,
                       struct hg_task *task, struct hg_graph **graph);

/*
 * The line of a node as it stands in the dump, without its newline: *text lies in the buffer, which
 * the caller frees. Size 0 for a node without one. Any thread may ask, each with its own buffer.
 */
enum hg_status hg_line(const struct hg_graph *graph, uint32_t node, struct hg_task *task,
                       struct hg_buffer *buffer, const char **text, size_t *size);

/*
 * Calls `line` for every line of the dump again, on several threads: with the number of the thread,
 * and the node that the line is of (HG_NO_NODE for bad, further and other lines). The text is
 * followed by a newline and HG_PAD readable bytes, as hg_parse_line wants it, and gone after the
 * call. Where `line` returns false the pass ends with HG_STOPPED.
 */
enum hg_status hg_each_line(const struct hg_graph *graph, unsigned threads, struct hg_task *task,
                            bool (*line)(void *data, unsigned thread, uint32_t node,
                                         const char *text, size_t size),
                            void *data);

#endif
