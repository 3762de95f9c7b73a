/*
 * Place in the flow: beside everything. What was computed from a dump is kept in a file, mapped when
 * the dump is opened again, so that nothing is read twice.
 *
 * The file is DUMP.hdidx beside the dump, or where that directory cannot be written
 * $XDG_CACHE_HOME/heapdump/ (~/.cache/heapdump/). It holds for one dump: its size, modification time in
 * nanoseconds, and a hash of its first and last 64 KiB are in its header, and the version of this
 * layout, byte order and sizes of types. Whatever does not fit makes the file count as absent.
 *
 * It is written under another name (0600, O_EXCL, O_NOFOLLOW) and renamed when whole.
 */
#ifndef HEAPGRAPH_INDEXFILE_H
#define HEAPGRAPH_INDEXFILE_H

#include "dominators.h"
#include "inverse.h"
#include "paths.h"

/* Everything that is kept of one dump. What was not computed is zeroed. */
struct hg_analysis {
    struct hg_graph *graph;
    struct hg_tree tree;
    struct hg_parents parents;
    struct hg_inverse inverse;
};

/*
 * Opens the index of the dump at `path` if there is one that fits it, and fills in what it has; the
 * arrays lie in the mapping. HG_OK with analysis->graph NULL if there is none that fits.
 * HG_NO_MEMORY.
 */
enum hg_status hg_index_open(const char *path, struct hg_task *task, struct hg_analysis *analysis)
    __attribute__((warn_unused_result));

/*
 * Writes the index of the dump at `path`. It is no error of the question that was asked if this
 * fails: HG_IO says why in the task, HG_STOPPED, HG_NO_MEMORY; no file is left then.
 */
enum hg_status hg_index_save(const char *path, const struct hg_analysis *analysis,
                             struct hg_task *task) __attribute__((warn_unused_result));

/* Gives back all of it, the graph and the mapping too. Zeroed is fine. */
void hg_analysis_free(struct hg_analysis *analysis);

#endif
