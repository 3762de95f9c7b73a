/*
 * Place in the flow: beside everything. What was computed from a dump is kept in a file that is
 * mapped when the dump is opened again, so that nothing is read twice.
 *
 * The file is DUMP.hdidx, or where that cannot be written or is another user's,
 * $XDG_CACHE_HOME/heapdump/NAME-HASH.hdidx (~/.cache/…). It belongs to one dump: its header has the
 * dump's size, modification time in nanoseconds and a hash of its first and last 64 KiB, and the version
 * of this layout, with byte order and sizes. An index that does not fit counts as none.
 *
 * Everything in it is covered by checksums, which are compared before a part is used: an index that
 * is cut off or damaged counts as none, and no bad number ever gets into an array. A checksum is no
 * signature: an index that another user wrote is not read.
 *
 * It is written under another name (0600, O_EXCL, O_NOFOLLOW) and renamed when it is whole.
 */
#ifndef HEAPGRAPH_INDEXFILE_H
#define HEAPGRAPH_INDEXFILE_H

#include "kept/parts.h"

/*
 * To be called before the dump at `path` is read: notes its identity, and if there is an index that
 * fits takes the graph from it (its source is opened too, so lines can be read). HG_OK with
 * analysis->graph NULL if there is none. HG_STOPPED, HG_NO_MEMORY; HG_IO if the dump cannot be read.
 */
enum hg_status hg_index_open(const char *path, struct hg_task *task, struct hg_analysis *analysis)
    __attribute__((warn_unused_result));

/*
 * After the dump was loaded, and before anything is computed: writes the graph, whose arrays lie in
 * the file from then on. Computing needs memory for the arrays that it works with, and the others
 * would be idle in it. What can go wrong changes nothing: HG_IO says why in the task, HG_STOPPED,
 * HG_NO_MEMORY.
 */
enum hg_status hg_index_begin(const char *path, struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));

/*
 * Writes what has been computed, after the graph of hg_index_begin if that was called. Nothing is
 * written for an analysis that came from an index: that has got what it lacked already. It is no
 * error of the question that was asked if this fails: HG_IO says why in the task, HG_STOPPED,
 * HG_NO_MEMORY; no file is left then.
 */
enum hg_status hg_index_save(const char *path, struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));

/* Whether the analysis came from an index. */
bool hg_index_is_kept(const struct hg_analysis *analysis);

#endif
