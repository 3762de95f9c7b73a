/*
 * Text on its way into blocks; see sink.h.
 */
#include "sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_SIZE = 2 * HD_SINK_MAX_RESERVE };

static void
set_block(struct hd_sink *sink, unsigned char *block, size_t size) {
    sink->block = sink->pos = sink->line = block;
    sink->end = block + size;
}

int
hd_sink_open_memory(struct hd_sink *sink) {
    memset(sink, 0, sizeof *sink);
    unsigned char *block = malloc(SCRATCH_SIZE);
    if (!block) return ENOMEM;
    set_block(sink, block, SCRATCH_SIZE);
    return 0;
}

int
hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression,
             struct hd_shared *shared) {
    memset(sink, 0, sizeof *sink);
    sink->shared = shared;
    sink->writer = malloc(sizeof *sink->writer);
    sink->scratch = malloc(SCRATCH_SIZE);
    if (!sink->writer || !sink->scratch) return ENOMEM;
    int error = hd_writer_open(sink->writer, fd, compression,
                               shared ? HD_WRITE_ALONE : HD_WRITE_BESIDE);
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
    free(sink->scratch);
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
hand_over(struct hd_sink *sink) {
    size_t used = (size_t)(sink->pos - sink->block);
    unsigned char last = sink->pos[-1], *block = sink->block;
    sink->flushed += used - 1;
    if (!sink->error) {
        sink->error = hd_writer_submit(sink->writer, block, used - 1);
        block = hd_writer_block(sink->writer);
    }
    restart(sink, block, last);
    sink->long_line = HD_LINE_PLACED; // its beginning cannot be taken back
}

/* Writes the first n bytes of the block to the next free stretch of the shared file. */
static void
write_shared(struct hd_sink *sink, size_t n) {
    sink->flushed += n;
    if (sink->error || n == 0) return;
    const unsigned char *frame;
    size_t size = hd_writer_pack(sink->writer, sink->block, n, &frame);
    uint64_t offset = atomic_fetch_add(&sink->shared->offset, size);
    sink->error = size == 0 ? EIO : hd_writer_write_at(sink->writer, frame, size, offset);
}

/* Writes, or while measuring only adds up, the first n bytes of a long line's block. */
static void
pass_long(struct hd_sink *sink, size_t n) {
    const unsigned char *frame;
    if (sink->error || n == 0) return;
    size_t size = hd_writer_pack(sink->writer, sink->block, n, &frame);
    if (size == 0) {
        sink->error = EIO;
    }
    else if (sink->long_line == HD_LINE_MEASURED) {
        sink->long_size += size;
    }
    else {
        sink->flushed += n;
        sink->error = hd_writer_write_at(sink->writer, frame, size, sink->long_offset);
        sink->long_offset += size;
    }
}

static void
make_room_shared(struct hd_sink *sink, size_t n) {
    if (sink->long_line == HD_LINE_FITS) {
        // whole lines go, the one that has begun moves to the front
        size_t begun = (size_t)(sink->pos - sink->line);
        write_shared(sink, (size_t)(sink->line - sink->block));
        memmove(sink->block, sink->line, begun);
        set_block(sink, sink->block, HD_BLOCK_SIZE);
        sink->pos += begun;
        if ((size_t)(sink->end - sink->pos) >= n) return;
        sink->long_line = HD_LINE_MEASURED;
        sink->long_size = 0;
    }
    size_t used = (size_t)(sink->pos - sink->block);
    pass_long(sink, used - 1);
    restart(sink, sink->block, sink->pos[-1]);
}

bool
hd_sink_end_long_line(struct hd_sink *sink) {
    if (!sink->shared) {
        sink->long_line = HD_LINE_FITS;
        sink->line = sink->pos;
        return false;
    }
    pass_long(sink, (size_t)(sink->pos - sink->block));
    set_block(sink, sink->block, HD_BLOCK_SIZE);
    if (sink->long_line == HD_LINE_MEASURED && !sink->error) {
        sink->long_offset = atomic_fetch_add(&sink->shared->offset, sink->long_size);
        sink->long_line = HD_LINE_PLACED;
        return true;
    }
    sink->long_line = HD_LINE_FITS;
    return false;
}

bool
hd_sink_drop_line(struct hd_sink *sink) {
    if (sink->muted_block) hd_sink_unmute(sink);
    if (sink->long_line == HD_LINE_PLACED) return false;
    if (sink->long_line == HD_LINE_MEASURED) set_block(sink, sink->block, HD_BLOCK_SIZE);
    sink->long_line = HD_LINE_FITS;
    sink->pos = sink->line;
    return true;
}

void
hd_sink_make_room(struct hd_sink *sink, size_t n) {
    if (sink->muted_block) sink->pos = sink->scratch + 1;
    else if (!sink->writer) grow(sink, n);
    else if (sink->shared) make_room_shared(sink, n);
    else if (sink->pos > sink->block) hand_over(sink);
}

void
hd_sink_mute(struct hd_sink *sink) {
    sink->muted_pos = sink->pos;
    sink->muted_end = sink->end;
    sink->muted_block = sink->block;
    sink->block = sink->scratch;
    sink->pos = sink->scratch + 1;
    sink->end = sink->scratch + SCRATCH_SIZE;
}

void
hd_sink_unmute(struct hd_sink *sink) {
    sink->pos = sink->muted_pos;
    sink->end = sink->muted_end;
    sink->block = sink->muted_block;
    sink->muted_block = NULL;
}

int
hd_sink_finish(struct hd_sink *sink, uint64_t *written) {
    size_t used = (size_t)(sink->pos - sink->block);
    if (sink->shared) {
        write_shared(sink, used);
    }
    else if (!sink->error) {
        sink->flushed += used;
        sink->error = hd_writer_submit(sink->writer, sink->block, used);
    }
    sink->pos = sink->block;
    int error = hd_writer_finish(sink->writer);
    if (!sink->error) sink->error = error;
    *written = sink->writer->written;
    return sink->error;
}
