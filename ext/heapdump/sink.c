/*
 * Text on its way into blocks; see sink.h.
 */
#include "sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
set_block(struct hd_sink *sink, unsigned char *block, size_t size) {
    sink->block = sink->pos = block;
    sink->end = block + size;
}

int
hd_sink_open_memory(struct hd_sink *sink) {
    memset(sink, 0, sizeof *sink);
    unsigned char *block = malloc(2 * HD_SINK_MAX_RESERVE);
    if (!block) return ENOMEM;
    set_block(sink, block, 2 * HD_SINK_MAX_RESERVE);
    return 0;
}

int
hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression) {
    memset(sink, 0, sizeof *sink);
    sink->writer = malloc(sizeof *sink->writer);
    if (!sink->writer) return ENOMEM;
    int error = hd_writer_open(sink->writer, fd, compression);
    if (!error) set_block(sink, hd_writer_block(sink->writer), HD_BLOCK_SIZE);
    return error;
}

void
hd_sink_free(struct hd_sink *sink) {
    if (sink->writer) {
        hd_writer_free(sink->writer);
        free(sink->writer);
    }
    else {
        free(sink->block);
    }
    memset(sink, 0, sizeof *sink);
}

static void
grow(struct hd_sink *sink, size_t n) {
    size_t used = (size_t)(sink->pos - sink->block);
    size_t size = (size_t)(sink->end - sink->block) * 2 + n;
    unsigned char *block = realloc(sink->block, size);
    if (!block) {
        sink->error = ENOMEM;
        sink->pos = sink->block + 1;
        return;
    }
    set_block(sink, block, size);
    sink->pos += used;
}

/* Starts again behind the first byte, which is the last one put: a closing bracket may replace it. */
static void
restart(struct hd_sink *sink, unsigned char *block, unsigned char last) {
    set_block(sink, block, HD_BLOCK_SIZE);
    *sink->pos++ = last;
}

static void
flush(struct hd_sink *sink) {
    size_t used = (size_t)(sink->pos - sink->block);
    unsigned char last = sink->pos[-1], *block = sink->block;
    sink->flushed += used - 1;
    if (!sink->error) {
        sink->error = hd_writer_submit(sink->writer, block, used - 1);
        block = hd_writer_block(sink->writer);
    }
    restart(sink, block, last);
}

void
hd_sink_make_room(struct hd_sink *sink, size_t n) {
    if (!sink->writer) grow(sink, n);
    else if (sink->muted) restart(sink, sink->block, sink->block[0]);
    else if (sink->pos > sink->block) flush(sink);
}

void
hd_sink_mute(struct hd_sink *sink) {
    flush(sink);
    sink->muted = true;
}

void
hd_sink_unmute(struct hd_sink *sink) {
    restart(sink, sink->block, sink->block[0]);
    sink->muted = false;
}

int
hd_sink_finish(struct hd_sink *sink, uint64_t *written) {
    if (!sink->error) {
        size_t used = (size_t)(sink->pos - sink->block);
        sink->flushed += used;
        sink->error = hd_writer_submit(sink->writer, sink->block, used);
        sink->pos = sink->block;
    }
    int error = hd_writer_finish(sink->writer);
    if (!sink->error) sink->error = error;
    *written = sink->writer->written;
    return sink->error;
}
