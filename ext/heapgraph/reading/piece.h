/*
 * Memory for text, and the pieces of a dump that lie in it.
 */
#ifndef HEAPGRAPH_PIECE_H
#define HEAPGRAPH_PIECE_H

#include "reading/frames.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a line begins is told in units of so many bytes, so that 32 bits do for 64 GiB. */
#define HG_LINE_UNIT 16
#define HG_NO_LINE UINT32_MAX

/* Memory for text, with room for HG_PAD more bytes behind it. Zeroed is empty. */
struct hg_buffer {
    char *bytes;
    size_t room;
};

bool hg_buffer_reserve(struct hg_buffer *buffer, size_t room);
void hg_buffer_free(struct hg_buffer *buffer);

/* What one thread reads with. Zeroed at first; gives all back with hg_piece_free. */
struct hg_piece {
    const char *text; /* whole lines, each with its newline; HG_PAD more bytes may be read */
    size_t size;
    uint64_t offset; /* of the text in the whole text */
    uint64_t number; /* of the piece: pieces of a lower number lie before it */
    bool unfinished; /* the last newline is not in the file, which ends without one */
    struct hg_buffer buffer;
    struct hg_frame_reader *frames;
};

void hg_piece_free(struct hg_piece *piece);

#endif
