/*
 * Place in the flow: the writers put text into a block (json.h); where a full block goes depends:
 *
 *   - a sink with a writer hands it to that (writer.h): one process, one file in order;
 *   - a sink with a shared file writes it where the file ends: many processes, one file. Blocks end
 *     where lines end, so the lines of different processes never mix. A line that is longer than a
 *     block keeps the end of the file to itself until it is over;
 *   - a sink in memory lets its block grow.
 *
 * Everything is put once. A sink never bothers a writer with an error: the first failure is kept in
 * `error`, everything after it is thrown away, and whoever drives the dump looks at `error` between
 * pages. No ruby.h.
 */
#ifndef HEAPDUMP_SINK_H
#define HEAPDUMP_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "out/shared.h"
#include "out/writer.h"

enum { HD_SINK_MAX_RESERVE = 4096 };

struct hd_sink {
    unsigned char *pos;       /* where the next byte goes */
    unsigned char *end;       /* end of the block */
    unsigned char *block;     /* the writer's; owned where it is in memory */
    uint64_t flushed;         /* bytes that have left the block, before compression */
    uint64_t lines;           /* that were ended */
    struct hd_writer *writer; /* owned; NULL in memory */
    int error;                /* errno of the first failure, 0 while all is well */
    volatile bool waiting;    /* for the system, or for another process that writes */

    struct hd_shared *shared; /* not owned; NULL for one process */
    uint64_t written;         /* bytes that are in the shared file, after compression */
    unsigned char *line;      /* where the current line begins */
    bool long_line;           /* part of the current line has left the block */
    bool locked;              /* and the end of the shared file is ours */
    struct hd_sink_start {
        uint64_t offset, flushed, written;
        struct hd_text_sum text;
    } start; /* where that line begins */

    unsigned char *scratch; /* owned; what is put while muted */
    unsigned char *muted_pos, *muted_end, *muted_block;
};

/* Prepares a sink that keeps everything in its block. Returns 0 or ENOMEM. */
int hd_sink_open_memory(struct hd_sink *sink);

/*
 * Prepares a sink for the open descriptor fd, or for its place in the file that `shared` stands for
 * if that is not NULL. Returns 0 or what hd_writer_open returns.
 */
int hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression,
                 struct hd_shared *shared);

/*
 * What a shared file has before its first line and behind its last one; call each in one process
 * only, the second with nothing in any block. They do nothing for any other sink, whose writer knows
 * when it begins and ends.
 */
void hd_sink_begin_file(struct hd_sink *sink);
void hd_sink_end_file(struct hd_sink *sink);

/*
 * Writes what is still in the block and waits until it is written. Returns 0 or the first error;
 * `written` is the number of bytes that have reached the descriptor. Once; between two lines.
 */
int hd_sink_finish(struct hd_sink *sink, uint64_t *written);

/* Frees the memory of the sink; closes nothing. Harmless on a zeroed sink. */
void hd_sink_free(struct hd_sink *sink);

/* Makes room for n more bytes (n <= HD_SINK_MAX_RESERVE). Use hd_sink_reserve. */
void hd_sink_make_room(struct hd_sink *sink, size_t n);

/* Call behind the newline of each line. */
void hd_sink_end_long_line(struct hd_sink *sink);
static inline void
hd_sink_end_line(struct hd_sink *sink) {
    HD_CHECK(!sink->muted_block && (sink->error || sink->pos[-1] == '\n'));
    sink->lines++;
    if (sink->long_line) hd_sink_end_long_line(sink);
    else sink->line = sink->pos;
}

/*
 * Takes back what has been put of the current line. False if part of it is written already and
 * cannot be taken back, which does not happen with a shared file.
 */
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
    HD_CHECK(n <= HD_SINK_MAX_RESERVE);
    HD_CHECK(sink->block <= sink->pos && sink->pos <= sink->end);
    if ((size_t)(sink->end - sink->pos) < n) hd_sink_make_room(sink, n);
    return sink->pos;
}

#endif
