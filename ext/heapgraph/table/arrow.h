/*
 * Rows as columns in memory, as a stream of the Arrow C data interface
 * (https://arrow.apache.org/docs/format/CStreamInterface.html), which libraries for columns take
 * without a copy. The stream has one batch.
 */
#ifndef HEAPGRAPH_ARROW_H
#define HEAPGRAPH_ARROW_H

#include "table/table.h"

/* The three structures are those of the interface, which never change. */
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

/*
 * Makes a batch of rows from `cursor` on, at most `most` of them and fewer if their texts are long,
 * and moves the cursor behind them. *count is how many they are; the stream is made even if there
 * are none. Numbers are int64, texts large_utf8, booleans bool. Whoever has the stream releases it;
 * it needs nothing of the graph. HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_IO; after anything but
 * HG_OK there is no stream.
 */
enum hg_status hg_arrow_batch(struct hg_rows *rows, enum hg_table table, struct hg_cursor *cursor,
                              size_t most, struct ArrowArrayStream *stream, size_t *count)
    __attribute__((warn_unused_result));

#endif
