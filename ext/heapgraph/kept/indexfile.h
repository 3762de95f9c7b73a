/*
 * Place in the flow: beside everything. What was computed from a dump is kept in an index, a file
 * that is mapped when the dump is opened again, so that nothing is computed twice.
 *
 * The file is DUMP.hdidx. If that cannot be written or belongs to another user, it is
 * $XDG_CACHE_HOME/heapdump/NAME-HASH.hdidx (~/.cache/…). It belongs to one dump: its header has the
 * size of the dump, its modification time in nanoseconds, a hash of its first and last 64 KiB, and
 * the version of this layout with byte order and sizes. An index that does not fit is ignored.
 *
 * All of it is covered by checksums: an index that is cut off or damaged is ignored. They are
 * compared before a part is used for the first time since the machine was started or somebody wrote
 * to the file (its modification time says so). But a checksum is no signature: an index that
 * another user wrote is not read.
 *
 * It is written under another name (0600, O_EXCL, O_NOFOLLOW) and renamed when it is whole.
 */
#ifndef HEAPGRAPH_INDEXFILE_H
#define HEAPGRAPH_INDEXFILE_H

#include "kept/parts.h"

/*
 * To be called before the dump at `path` is read. Notes the identity of the dump. If there is an
 * index that fits, takes the graph from it, and opens the source of the graph, so that lines can be
 * read. If there is none, or the dump is empty or no regular file, returns HG_OK with
 * analysis->graph NULL. HG_STOPPED · HG_NO_MEMORY · HG_IO if the dump cannot be read · HG_CORRUPT
 * if there is an index, but no library for the compression of the dump.
 */
enum hg_status hg_index_open(const char *path, struct hg_task *task, struct hg_analysis *analysis)
    __attribute__((warn_unused_result));

/*
 * To be called after the dump was loaded and before anything is computed. Writes the graph to a new
 * index; its arrays are in the file from then on. Computing needs memory for its own arrays, and
 * those of the graph would only be in its way. If this fails nothing changes: HG_IO (the task says
 * why), HG_STOPPED, HG_NO_MEMORY.
 */
enum hg_status hg_index_begin(const char *path, struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));

/*
 * Writes what has been computed, behind the graph if hg_index_begin has written that. Nothing is
 * written for an analysis that came from an index: its missing parts have been added already. A
 * failure is no error of the question that was asked: HG_IO (the task says why), HG_STOPPED,
 * HG_NO_MEMORY; then no file is left.
 */
enum hg_status hg_index_save(const char *path, struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));

/*
 * Lets the kernel take all pages of an index that are mapped, as after a pass over them: what is
 * read again comes from the page cache. Nothing happens without an index.
 */
void hg_index_let_go(const struct hg_analysis *analysis);

/* Whether the analysis came from an index. */
bool hg_index_is_kept(const struct hg_analysis *analysis);

/* Whether it came from an index to which parts can be added: one that may be written to. */
bool hg_index_can_grow(const struct hg_analysis *analysis);

#endif
