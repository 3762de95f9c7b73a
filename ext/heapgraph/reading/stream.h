/*
 * Compressed text that can only be decoded from its beginning on: gzip, and zstd in large frames.
 */
#ifndef HEAPGRAPH_STREAM_H
#define HEAPGRAPH_STREAM_H

#include "reading/decode.h"
#include "reading/piece.h"

struct hg_stream;

/* NULL without memory. The descriptor stays the caller's. */
struct hg_stream *hg_stream_new(enum hg_compression compression, int fd);
void hg_stream_free(struct hg_stream *stream);

/*
 * As hg_pass_next: the next whole lines, decoded by one thread at a time. Where the data is broken
 * or cut off, *broken_at is where in the file, and what came before is the end.
 */
enum hg_status hg_stream_next(struct hg_stream *stream, struct hg_task *task,
                              struct hg_piece *piece, uint64_t *broken_at);

#endif
