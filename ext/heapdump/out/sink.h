/*
 * Place in the flow: the writers of lines put text into the block of a sink (json.h). What happens
 * to a full block depends on the sink:
 *
 *   - a sink for one process hands the block to its writer (writer.h): one file, written in order;
 *   - a sink with a shared file writes the block at the end of that file: many processes, one file.
 *     Blocks end where lines end, so the lines of different processes never mix. While a process
 *     writes a line that is longer than a block, it holds the lock of the file until the line ends;
 *   - a sink in memory makes its block larger.
 *
 * Each text is put only once. The functions that put text report no errors: the sink keeps the
 * first error in `error` and drops everything that is put after it. run/dump.c looks at `error`
 * between two pages. No ruby.h.
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
    unsigned char *end;       /* the end of the block */
    unsigned char *block;     /* belongs to the writer; owned by a sink in memory */
    uint64_t flushed;         /* bytes that have left the block, before compression */
    uint64_t lines;           /* lines that have ended */
    struct hd_writer *writer; /* owned; NULL for a sink in memory */
    int error;                /* errno of the first failure, 0 if there was none */
    volatile bool waiting;    /* it waits for the system or for another process */

    struct hd_shared *shared; /* not owned; NULL if only one process writes */
    uint64_t written;         /* bytes put into the shared file, after compression */
    unsigned char *line;      /* where the current line begins */
    bool long_line;           /* part of the current line has left the block */
    bool locked;              /* this sink holds the lock of the shared file */
    struct hd_sink_start {
        uint64_t offset, flushed, written;
        struct hd_text_sum text;
    } start; /* these values as they were when the long line began */

    unsigned char *scratch; /* owned; takes what is put while the sink is muted */
    unsigned char *muted_pos, *muted_end, *muted_block;
};

/* Prepares a sink in memory, which keeps all text in its block. Returns 0 or ENOMEM. */
int hd_sink_open_memory(struct hd_sink *sink);

/*
 * Prepares a sink that writes to the open descriptor fd, alone if `shared` is NULL, else together
 * with other processes. Returns 0, ENOMEM or what hd_writer_open returns.
 */
int hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression,
                 struct hd_shared *shared);

/*
 * Write the head and the tail of a shared file that is compressed. Call each of them in one process
 * only, the second when no block of any process holds text any more. For other sinks they do
 * nothing: there the writer itself writes head and tail.
 */
void hd_sink_begin_file(struct hd_sink *sink);
void hd_sink_end_file(struct hd_sink *sink);

/*
 * Writes what is still in the block and waits until it is written. Sets `written` to the number of
 * bytes that have reached the descriptor. Returns 0 or the first error. Call it once, between two
 * lines.
 */
int hd_sink_finish(struct hd_sink *sink, uint64_t *written);

/* Frees the memory of the sink; does not close the descriptor. Allowed for a zeroed sink. */
void hd_sink_free(struct hd_sink *sink);

/* Makes room for n more bytes (n <= HD_SINK_MAX_RESERVE). Use hd_sink_reserve. */
void hd_sink_make_room(struct hd_sink *sink, size_t n);

/* Call hd_sink_end_line after the newline of each line; it calls hd_sink_end_long_line. */
void hd_sink_end_long_line(struct hd_sink *sink);
static inline void
hd_sink_end_line(struct hd_sink *sink) {
    HD_CHECK(!sink->muted_block && (sink->error || sink->pos[-1] == '\n'));
    sink->lines++;
    if (sink->long_line) hd_sink_end_long_line(sink);
    else sink->line = sink->pos;
}

/*
 * Takes back what has been put of the current line. Returns false if part of the line is written
 * already and cannot be taken back; that never happens with a shared file.
 */
bool hd_sink_drop_line(struct hd_sink *sink);

/*
 * While a sink is muted, everything that is put is dropped. So a writer of lines can be called for
 * its other effects.
 */
void hd_sink_mute(struct hd_sink *sink);
void hd_sink_unmute(struct hd_sink *sink);

/* The number of bytes put so far, before compression. */
static inline uint64_t
hd_sink_bytes(const struct hd_sink *sink) {
    return sink->flushed + (uint64_t)(sink->pos - sink->block);
}

/* Returns a place for n bytes. The caller advances `pos` by the number of bytes that it used. */
static inline unsigned char *
hd_sink_reserve(struct hd_sink *sink, size_t n) {
    HD_CHECK(n <= HD_SINK_MAX_RESERVE);
    HD_CHECK(sink->block <= sink->pos && sink->pos <= sink->end);
    if ((size_t)(sink->end - sink->pos) < n) hd_sink_make_room(sink, n);
    return sink->pos;
}

#endif
