/*
 * Compressed text that can only be decoded from its beginning on: gzip, and zstd in large frames.
 */
#ifndef HEAPGRAPH_STREAM_H
#define HEAPGRAPH_STREAM_H

#include "reading/decode.h"
#include "reading/piece.h"

struct hg_stream;

/* Returns NULL if there is no memory or no library. The descriptor still belongs to the caller. */
struct hg_stream *hg_stream_new(enum hg_compression compression, int fd);
void hg_stream_free(struct hg_stream *stream);

/*
 * Gives out the next whole lines as hg_pass_next does. One thread decodes at a time. If the data is
 * broken or cut off, *broken_at is where in the file, and the text ends with what was decoded
 * before.
 */
enum hg_status hg_stream_next(struct hg_stream *stream, struct hg_task *task,
                              struct hg_piece *piece, uint64_t *broken_at);

#endif
