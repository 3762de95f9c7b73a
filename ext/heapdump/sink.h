/*
 * Place in the flow: the writers put text into a block (json.h); a full block goes to the writer's
 * thread (writer.h), or, for a sink in memory, the block grows. No ruby.h.
 *
 * A sink never bothers a writer with an error: the first failure is kept in `error`, everything
 * after it is thrown away, and whoever drives the dump looks at `error` between pages.
 */
#ifndef HEAPDUMP_SINK_H
#define HEAPDUMP_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writer.h"

enum { HD_SINK_MAX_RESERVE = 4096 };

struct hd_sink {
    unsigned char *pos;       /* where the next byte goes */
    unsigned char *end;       /* end of the block */
    unsigned char *block;     /* the writer's; owned where there is no writer */
    uint64_t flushed;         /* bytes that have left the block, before compression */
    struct hd_writer *writer; /* owned; NULL keeps everything in memory */
    bool muted;
    int error; /* errno of the first failure, 0 while all is well */
};

/* Prepares a sink that keeps everything in its block. Returns 0 or ENOMEM. */
int hd_sink_open_memory(struct hd_sink *sink);

/* Prepares a sink for the open descriptor fd. Returns 0 or what hd_writer_open returns. */
int hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression);

/*
 * Writes what is still in the block and waits until it is written. Returns 0 or the first error;
 * `written` is the number of bytes that reached the descriptor.
 */
int hd_sink_finish(struct hd_sink *sink, uint64_t *written);

/* Frees the memory of the sink; closes nothing. Harmless on a zeroed sink. */
void hd_sink_free(struct hd_sink *sink);

/* Makes room for n more bytes (n <= HD_SINK_MAX_RESERVE). Use hd_sink_reserve. */
void hd_sink_make_room(struct hd_sink *sink, size_t n);

/* Between these two everything that is put is thrown away: a writer runs for what it does besides. */
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
