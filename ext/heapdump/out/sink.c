/*
 * Collects text in blocks; see sink.h.
 */
#include "out/sink.h"

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
    sink->writer = calloc(1, sizeof *sink->writer);
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

/*
 * Begins a block with the last byte that was put. That byte stays in the block, because a closing
 * bracket may still replace it.
 */
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
    sink->long_line = true;
}

static void
lock(struct hd_sink *sink) {
    int error = hd_shared_lock(sink->shared);
    sink->locked = error == 0;
    if (!sink->error) sink->error = error;
}

static void
unlock(struct hd_sink *sink) {
    if (sink->locked) hd_shared_unlock(sink->shared);
    sink->locked = false;
}

/*
 * Takes the next `size` bytes of the shared file, whose lock is held, for some text. Returns their
 * offset.
 */
static uint64_t
take_place(struct hd_sink *sink, size_t size, const struct hd_text_sum *text) {
    struct hd_shared *shared = sink->shared;
    HD_CHECK(sink->locked);
    uint64_t offset = atomic_load(&shared->offset);
    if (sink->writer->codec) hd_codec_add(sink->writer->codec, &shared->text, text);
    atomic_store(&shared->offset, offset + size);
    return offset;
}

static void
write_bytes(struct hd_sink *sink, const unsigned char *bytes, size_t size, uint64_t offset) {
    bool right = hd_shared_is_file(sink->shared, sink->writer->fd);
    sink->error = right ? hd_writer_write_at(sink->writer, bytes, size, offset) : EBADF;
    if (!sink->error) sink->written += size;
}

/* Writes the first n bytes of the block to the end of the shared file. */
static void
write_shared(struct hd_sink *sink, size_t n) {
    struct hd_packed packed;
    bool ours = sink->locked;
    if (n == 0) return;
    sink->flushed += n;
    if (sink->error) return;
    if (!hd_writer_pack(sink->writer, sink->block, n, &packed)) {
        sink->error = EIO;
        return;
    }
    if (!ours) lock(sink);
    if (sink->error) return;
    uint64_t offset = take_place(sink, packed.size, &packed.text);
    if (!ours) unlock(sink);
    write_bytes(sink, packed.bytes, packed.size, offset);
}

/* Takes the lock of the shared file, which is held until the line ends. */
static void
begin_long_line(struct hd_sink *sink) {
    sink->long_line = true;
    if (sink->error) return;
    lock(sink);
    sink->start = (struct hd_sink_start){atomic_load(&sink->shared->offset), sink->flushed,
                                         sink->written, sink->shared->text};
}

static void
make_room_shared(struct hd_sink *sink, size_t n) {
    if (!sink->long_line) {
        // whole lines are written; the line that has begun moves to the front of the block
        size_t begun = (size_t)(sink->pos - sink->line);
        write_shared(sink, (size_t)(sink->line - sink->block));
        memmove(sink->block, sink->line, begun);
        set_block(sink, sink->block, HD_BLOCK_SIZE);
        sink->pos += begun;
        if ((size_t)(sink->end - sink->pos) >= n) return;
        begin_long_line(sink);
    }
    size_t used = (size_t)(sink->pos - sink->block);
    write_shared(sink, used - 1);
    restart(sink, sink->block, sink->pos[-1]);
}

void
hd_sink_end_long_line(struct hd_sink *sink) {
    sink->long_line = false;
    if (sink->shared) {
        sink->waiting = true;
        write_shared(sink, (size_t)(sink->pos - sink->block));
        unlock(sink);
        set_block(sink, sink->block, HD_BLOCK_SIZE);
        sink->waiting = false;
    }
    sink->line = sink->pos;
}

/*
 * Restores the values from before the long line. No other process has written after it, because
 * this sink has held the lock.
 */
static void
take_back(struct hd_sink *sink) {
    if (sink->locked) {
        atomic_store(&sink->shared->offset, sink->start.offset);
        sink->shared->text = sink->start.text;
        sink->flushed = sink->start.flushed;
        sink->written = sink->start.written;
    }
    unlock(sink);
    set_block(sink, sink->block, HD_BLOCK_SIZE);
    sink->long_line = false;
}

bool
hd_sink_drop_line(struct hd_sink *sink) {
    if (sink->muted_block) hd_sink_unmute(sink);
    sink->waiting = false;
    if (sink->long_line && !sink->shared) return false;
    if (sink->long_line) take_back(sink);
    else sink->pos = sink->line;
    return true;
}

/* Writes a head or tail, which is no text of the dump, into the shared file. */
static void
write_end(struct hd_sink *sink, const unsigned char *bytes, size_t size) {
    static const struct hd_text_sum none;
    if (size == 0) return;
    if (!sink->error) lock(sink);
    if (!sink->error) write_bytes(sink, bytes, size, take_place(sink, size, &none));
    unlock(sink);
}

void
hd_sink_begin_file(struct hd_sink *sink) {
    unsigned char head[HD_CODEC_ENDS];
    if (!sink->shared || !sink->writer->codec) return;
    write_end(sink, head, hd_codec_head(sink->writer->codec, head));
}

void
hd_sink_end_file(struct hd_sink *sink) {
    unsigned char tail[HD_CODEC_ENDS];
    if (!sink->shared || !sink->writer->codec) return;
    write_end(sink, tail, hd_codec_tail(sink->writer->codec, tail, &sink->shared->text));
}

void
hd_sink_make_room(struct hd_sink *sink, size_t n) {
    if (sink->muted_block) {
        sink->pos = sink->scratch + 1;
        return;
    }
    sink->waiting = true;
    if (!sink->writer) grow(sink, n);
    else if (sink->shared) make_room_shared(sink, n);
    else if (sink->pos > sink->block) hand_over(sink);
    sink->waiting = false;
    HD_CHECK((size_t)(sink->end - sink->pos) >= n);
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
    HD_CHECK(!sink->muted_block && !sink->locked);
    HD_CHECK(sink->error || sink->lines == 0 || sink->pos == sink->line);
    sink->waiting = true;
    if (sink->shared) {
        write_shared(sink, used);
    }
    else if (!sink->error) {
        sink->flushed += used;
        sink->error = hd_writer_submit(sink->writer, sink->block, used);
    }
    set_block(sink, sink->block, 0); // nothing more may be put
    int error = hd_writer_finish(sink->writer);
    if (!sink->error) sink->error = error;
    *written = sink->shared ? sink->written : sink->writer->written;
    sink->waiting = false;
    return sink->error;
}
