/*
 * Reads a dump and makes its graph.
 */
#ifndef HEAPGRAPH_LOAD_H
#define HEAPGRAPH_LOAD_H

#include "base/task.h"
#include "reading/source.h"
#include "graph/graph.h"

struct hg_load_options {
    bool strict;      /* the first bad line, or broken compression, is an error */
    bool frugal;      /* memory goes back to the kernel meanwhile, and is not kept for the tree */
    unsigned threads; /* 0 means one for each processor */
};

/*
 * Reads a dump that we or ObjectSpace.dump_all have written. After HG_OK the source belongs to the
 * graph; after anything else it still belongs to the caller, and the task says what happened.
 *
 * Bad lines are skipped and counted in the account, as is everything else that is unusual.
 * HG_NOT_A_DUMP if nothing of a dump was found; any other status too.
 */
enum hg_status hg_load(struct hg_source *source, const struct hg_load_options *options,
                       struct hg_task *task, struct hg_graph **graph);

/*
 * Reads the line of a node as it is in the dump, without its newline. *text lies in the buffer,
 * which the caller frees. *size is 0 if the node has no line. HG_IO if the file has changed and no
 * line of an object is there. Any thread may call this, each with its own buffer.
 */
enum hg_status hg_line(const struct hg_graph *graph, uint32_t node, struct hg_task *task,
                       struct hg_buffer *buffer, const char **text, size_t *size);

/*
 * Reads the dump again with several threads and calls `line` for every line that is not empty: with
 * the number of the thread, and the place of the line in the text of the dump. A newline and HG_PAD
 * bytes that may be read follow the text, as hg_parse_line needs it; a carriage return before the
 * newline belongs to the text. The text is gone after the call. Lines come in any order.
 *
 * If `line` returns false, the pass ends with HG_STOPPED. Without a source no line is there, and it
 * returns HG_OK. HG_STOPPED · HG_NO_MEMORY · HG_IO. Compressed data that is broken ends the pass
 * like the end of the text.
 */
enum hg_status hg_each_line(const struct hg_graph *graph, unsigned threads, struct hg_task *task,
                            bool (*line)(void *data, unsigned thread, uint64_t offset,
                                         const char *text, size_t size),
                            void *data);

/*
 * The node to which a line of hg_each_line belongs. It is HG_NO_NODE for a bad line, a further line
 * of an object, all other lines, and also for the line of an object that does not begin with
 * {"address":" and the address, as the lines of all dumpers do.
 */
uint32_t hg_node_of_line(const struct hg_graph *graph, uint64_t offset, const char *line,
                         size_t size);

#endif
