/*
 * One run of the dumper, in the order of the file: header, roots, one line for each object, footer.
 *
 * During a run the GC is disabled, and the dumper's own code runs no Ruby code and allocates no
 * Ruby object. But the mark and size functions of extensions, which it calls, may do both, and may
 * raise. So each object is read in a guarded call (guard.h), and everything else is guarded too: no
 * exception leaves hd_dump_run or the processes of process/.
 */
#ifndef HEAPDUMP_DUMP_H
#define HEAPDUMP_DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "lines/state.h"
#include "out/shared.h"

/* The results of a finished run. */
struct hd_summary {
    uint64_t objects, bytes;
    double seconds;
};

/*
 * Writes a whole dump to `fd`, in this process. The caller holds the GVL, has collected the context
 * and has disabled the GC. Returns 0 or an errno; `where` then says during which work it failed.
 * Raises nothing.
 */
int hd_dump_run(struct hd_context *context, const struct hd_options *options, int fd,
                struct hd_summary *summary, const char **where);

/*
 * The same for a caller that has set options, context and tally of `dump`, and makes this a guarded
 * call. Afterwards the caller frees `dump`.
 */
int hd_dump_run_as(struct hd_dump *dump, int fd, struct hd_summary *summary, const char **where);

/*
 * The same in single steps, for processes that share the work (process/). Each process opens and
 * closes its dump; `shared` is NULL if there is only one process. The pages, and what hd_dump_look
 * finds in them, may have been collected by another process before the fork.
 */
int hd_dump_open(struct hd_dump *dump, int fd, struct hd_shared *shared);
void hd_dump_look(struct hd_dump *dump);       /* before anything is written */
void hd_dump_write_head(struct hd_dump *dump); /* header and roots */
void hd_dump_write_pages(struct hd_dump *dump, size_t from, size_t to);
void hd_dump_write_footer(struct hd_dump *dump, const struct hd_tally *sum, double seconds);
int hd_dump_close(struct hd_dump *dump, uint64_t *written); /* 0 or the first error */
void hd_dump_end(struct hd_dump *dump); /* frees all but its pages; it can be opened again */
void hd_dump_free(struct hd_dump *dump);

#endif
