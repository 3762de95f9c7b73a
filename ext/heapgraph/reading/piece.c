/*
 * Memory for text; see piece.h.
 */
#include "reading/piece.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

bool
hg_buffer_reserve(struct hg_buffer *buffer, size_t room) {
    if (buffer->room >= room) return true;
    if (room < 2 * buffer->room && buffer->room < ((size_t)64 << 20)) room = 2 * buffer->room;
    char *bytes = realloc(buffer->bytes, room + HG_PAD);
    if (!bytes) return false;
    memset(bytes + room, 0, HG_PAD);
    buffer->bytes = bytes;
    buffer->room = room;
    return true;
}

void
hg_buffer_free(struct hg_buffer *buffer) {
    free(buffer->bytes);
    *buffer = (struct hg_buffer){0};
}

void
hg_piece_free(struct hg_piece *piece) {
    hg_buffer_free(&piece->buffer);
    hg_frame_reader_free(piece->frames);
    *piece = (struct hg_piece){0};
}
