/*
 * Where the text of a dump comes from: a file, plain or compressed (as its first bytes say,
 * whatever its name), or a pipe, which is first copied to a file without a name.
 *
 * A *pass* gives the text out in pieces of whole lines, to as many threads as ask for them. After
 * that, any line can be read again if it is known where the line begins. Several threads can read
 * plain files and chains of small frames (as the dumper writes them) at the same time and at any
 * place. Data that has to be decoded in one go is decoded by one thread at a time; the first
 * request for a single line of it decodes all of the data into a file without a name.
 *
 * Files are read, not mapped: nothing of the dump stays in memory, and if a file becomes shorter
 * while it is read, the text ends there and no signal comes.
 */
#ifndef HEAPGRAPH_SOURCE_H
#define HEAPGRAPH_SOURCE_H

#include "base/task.h"
#include "reading/piece.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hg_source;

/*
 * Opens a file. Returns HG_OK, HG_IO, HG_CORRUPT if there is no library for its compression (the
 * task's message says which one), HG_STOPPED or HG_NO_MEMORY. hg_source_free frees the source.
 */
enum hg_status hg_source_open(const char *path, struct hg_task *task, struct hg_source **source);

/* The same for a descriptor, which still belongs to the caller. `name` is for messages. */
enum hg_status hg_source_open_fd(int fd, const char *name, struct hg_task *task,
                                 struct hg_source **source);

void hg_source_free(struct hg_source *source);

/* The name of the source in messages. */
const char *hg_source_name(const struct hg_source *source);

/* The compression that the name tells of ("zstd", "gzip") where the content is plain, else NULL. */
const char *hg_source_promise(const struct hg_source *source);

/*
 * Whether compressed data ended too early or was broken somewhere; *byte is where in the file. This
 * is known after a pass, which has given out all that could be decoded.
 */
bool hg_source_damaged(const struct hg_source *source, uint64_t *byte);

/*
 * Reads the line that begins in HG_LINE_UNIT number `unit` of the text. If several lines begin
 * there, it is the last one: the line of an object is longer than a unit. *text lies in the buffer,
 * without the newline of the line, and is followed by a newline and HG_PAD bytes. Any thread may
 * call this, each with its own buffer.
 */
enum hg_status hg_source_line(struct hg_source *source, uint32_t unit, struct hg_task *task,
                              struct hg_buffer *buffer, const char **text, size_t *size);

/* -- passes -- */

struct hg_pass;

/*
 * Begins a pass. task->total becomes the size of the file in bytes; task->done counts up to it as
 * pieces are given out. hg_pass_end ends the pass. HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_pass_begin(struct hg_source *source, struct hg_task *task, struct hg_pass **pass);
void hg_pass_end(struct hg_pass *pass);

/*
 * Reads the next piece for this thread, in place of what was in `piece` before. Its size is 0 at
 * the end of the text. Returns HG_STOPPED when the task shall stop.
 */
enum hg_status hg_pass_next(struct hg_pass *pass, struct hg_task *task, struct hg_piece *piece);

#endif
