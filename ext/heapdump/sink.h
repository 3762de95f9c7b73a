/*
 * Place in the flow: the writers put text into a block (json.h); where a full block goes depends:
 *
 *   - a sink with a writer hands it to that (writer.h): one process, one file in order;
 *   - a sink with a shared file writes it at the next free offset: many processes, one file.
 *     Blocks end where lines end, so the lines of different processes never mix;
 *   - a sink in memory lets its block grow.
 *
 * A sink never bothers a writer with an error: the first failure is kept in `error`, everything
 * after it is thrown away, and whoever drives the dump looks at `error` between pages. No ruby.h.
 */
#ifndef HEAPDUMP_SINK_H
#define HEAPDUMP_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared.h"
#include "writer.h"

enum { HD_SINK_MAX_RESERVE = 4096 };

/* How a line longer than a block is written to a shared file: measured first, then put in place. */
enum hd_long_line { HD_LINE_FITS, HD_LINE_MEASURED, HD_LINE_PLACED };

struct hd_sink {
    unsigned char *pos;       /* where the next byte goes */
    unsigned char *end;       /* end of the block */
    unsigned char *block;     /* the writer's; owned where it is shared or in memory */
    uint64_t flushed;         /* bytes that have left the block, before compression */
    struct hd_writer *writer; /* owned; NULL in memory */
    int error;                /* errno of the first failure, 0 while all is well */

    struct hd_shared *shared; /* not owned; NULL for one process */
    unsigned char *line;      /* where the current line begins */
    enum hd_long_line long_line;
    uint64_t long_size;   /* bytes of the long line so far, after compression */
    uint64_t long_offset; /* where its next block goes */

    unsigned char *scratch; /* owned; what is put while muted */
    unsigned char *muted_pos, *muted_end, *muted_block;
};

/* Prepares a sink that keeps everything in its block. Returns 0 or ENOMEM. */
int hd_sink_open_memory(struct hd_sink *sink);

/*
 * Prepares a sink for the open descriptor fd, at the offsets that `shared` gives out if it is not
 * NULL. Returns 0 or what hd_writer_open returns.
 */
int hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression,
                 struct hd_shared *shared);

/*
 * Writes what is still in the block and waits until it is written. Returns 0 or the first error;
 * `written` is the number of bytes that reached the descriptor.
 */
int hd_sink_finish(struct hd_sink *sink, uint64_t *written);

/* Frees the memory of the sink; closes nothing. Harmless on a zeroed sink. */
void hd_sink_free(struct hd_sink *sink);

/* Makes room for n more bytes (n <= HD_SINK_MAX_RESERVE). Use hd_sink_reserve. */
void hd_sink_make_room(struct hd_sink *sink, size_t n);

/*
 * Call behind each line. True if it was too long for a block and has only been measured: put the
 * very same line once more, and call this again.
 */
bool hd_sink_end_long_line(struct hd_sink *sink);
static inline bool
hd_sink_end_line(struct hd_sink *sink) {
    if (sink->long_line != HD_LINE_FITS) return hd_sink_end_long_line(sink);
    sink->line = sink->pos;
    return false;
}

/* Takes back what has been put of the current line. False if part of it is written already. */
bool hd_sink_drop_line(struct hd_sink *sink);

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
