/*
 * Place in the flow: last. The writers put text into a block (json.h); a full block is compressed
 * where asked (codec.h) and written to a descriptor. No ruby.h: it also runs where no Ruby code may.
 *
 * A sink never blocks a writer with an error: the first failure is kept in `error`, everything
 * after it is thrown away, and whoever drives the dump looks at `error` between objects.
 */
#ifndef HEAPDUMP_SINK_H
#define HEAPDUMP_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"

enum { HD_SINK_BLOCK = 1 << 20, HD_SINK_MAX_RESERVE = 4096 };

struct hd_sink {
    unsigned char *pos;     /* where the next byte goes */
    unsigned char *end;     /* end of the block */
    unsigned char *block;   /* owned */
    uint64_t flushed;       /* bytes that have left the block, before compression */
    uint64_t written;       /* bytes that reached the descriptor */
    struct hd_codec *codec; /* owned; NULL for plain output */
    unsigned char *packed;  /* owned; where a compressed frame is built */
    size_t packed_size;
    bool muted;
    int fd;    /* not owned; -1 keeps everything in memory */
    int error; /* errno of the first failure, 0 while all is well */
};

/*
 * Prepares a sink for the open descriptor `fd`, or for memory where fd is -1.
 * Returns 0, ENOMEM, or ENOSYS where the library for `compression` cannot be loaded.
 */
int hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression);

/* Writes what is still in the block. Returns 0 or the sink's first error. */
int hd_sink_finish(struct hd_sink *sink);

/* Frees the memory of the sink; writes nothing, closes nothing. Harmless on a zeroed sink. */
void hd_sink_free(struct hd_sink *sink);

/* Makes room for n more bytes (n <= HD_SINK_MAX_RESERVE). Use hd_sink_reserve. */
void hd_sink_make_room(struct hd_sink *sink, size_t n);

/*
 * Between these two everything that is put is thrown away. A writer runs for what it does besides.
 */
void hd_sink_mute(struct hd_sink *sink);
void hd_sink_unmute(struct hd_sink *sink);

/* Bytes put in so far, before compression. */
static inline uint64_t
hd_sink_bytes(const struct hd_sink *sink) {
    return sink->flushed + (uint64_t)(sink->pos - sink->block);
}

/* A place for n bytes; the caller advances `pos` by what it used. */
static inline unsigned char *
hd_sink_reserve(struct hd_sink *sink, size_t n) {
    if ((size_t)(sink->end - sink->pos) < n) hd_sink_make_room(sink, n);
    return sink->pos;
}

#endif
