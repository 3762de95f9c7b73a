/*
 * Memory for text, and the pieces of a dump that lie in it.
 */
#ifndef HEAPGRAPH_PIECE_H
#define HEAPGRAPH_PIECE_H

#include "reading/frames.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The place where a line begins is counted in units of this many bytes, so that 32 bits are enough
 * for 64 GiB.
 */
#define HG_LINE_UNIT 16
#define HG_NO_LINE UINT32_MAX

/* Memory for text, with HG_PAD more bytes behind its room. A zeroed buffer is empty. */
struct hg_buffer {
    char *bytes;
    size_t room;
};

bool hg_buffer_reserve(struct hg_buffer *buffer, size_t room);
void hg_buffer_free(struct hg_buffer *buffer);

/* What one thread needs to read pieces. It is zeroed at first; hg_piece_free frees all of it. */
struct hg_piece {
    const char *text; /* whole lines with their newlines; HG_PAD more bytes may be read */
    size_t size;
    uint64_t offset; /* of this text in the whole text */
    uint64_t number; /* of the piece: pieces with lower numbers lie before it */
    bool unfinished; /* the last newline has been added: the file ends without one */
    struct hg_buffer buffer;
    struct hg_frame_reader *frames;
};

void hg_piece_free(struct hg_piece *piece);

#endif
