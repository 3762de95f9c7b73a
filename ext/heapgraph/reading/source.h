/*
 * Where the text of a dump comes from: a file, plain or compressed (told by its first bytes, never
 * by its name), or a pipe, which is copied to a file without a name first.
 *
 * A *pass* gives out the text in pieces of whole lines to as many threads as ask for them. Any line
 * can be read again by where it begins. Plain files and chains of small frames (as the dumper
 * writes them) are read side by side and at any place. What has to be decoded in one go is decoded
 * by one thread at a time; the first look at a single line of it decodes all into an unnamed file.
 *
 * Files are read, not mapped: nothing of the dump stays in memory, and a file that shrinks
 * meanwhile is an end and no signal.
 */
#ifndef HEAPGRAPH_SOURCE_H
#define HEAPGRAPH_SOURCE_H

#include "base/task.h"
#include "reading/piece.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hg_source;

/* Opens a file. HG_IO, HG_CORRUPT (no library for its compression: see the message) … */
enum hg_status hg_source_open(const char *path, struct hg_task *task, struct hg_source **source);

/* The same for a descriptor, which stays the caller's; `name` is for messages. */
enum hg_status hg_source_open_fd(int fd, const char *name, struct hg_task *task,
                                 struct hg_source **source);

void hg_source_free(struct hg_source *source);

/* What to call it in messages. */
const char *hg_source_name(const struct hg_source *source);

/*
 * Whether compressed data ended too early or was broken somewhere, and where in the file; known
 * after a pass. What could be decoded has been given out.
 */
bool hg_source_damaged(const struct hg_source *source, uint64_t *byte);

/*
 * The line that begins in the HG_LINE_UNIT bytes of that number (the last one, if there are several;
 * an object's line is longer than that). *text lies in the buffer, without the line's end, followed
 * by a newline and HG_PAD bytes. Any thread may ask, each with a buffer of its own.
 */
enum hg_status hg_source_line(struct hg_source *source, uint32_t unit, struct hg_task *task,
                              struct hg_buffer *buffer, const char **text, size_t *size);

/* -- passes -- */

struct hg_pass;

/* Sets task->total to the size of the file, which the pieces count up to in task->done. */
enum hg_status hg_pass_begin(struct hg_source *source, struct hg_task *task, struct hg_pass **pass);
void hg_pass_end(struct hg_pass *pass);

/*
 * The next piece for this thread; size 0 at the end. HG_STOPPED when the task shall stop. What was
 * in the piece before is gone.
 */
enum hg_status hg_pass_next(struct hg_pass *pass, struct hg_task *task, struct hg_piece *piece);

#endif
