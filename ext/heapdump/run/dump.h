/*
 * One run of the dumper, in file order: header, roots, one line per object, footer.
 *
 * From hd_dump_run on the GC is disabled, and the dumper runs no Ruby code and allocates no Ruby
 * object. What it calls may do both, and raise: the mark and size functions of extensions. So each
 * object is read under a guard (guard.h), and the rest under one, too; nothing raised leaves
 * hd_dump_run and the processes of process/.
 */
#ifndef HEAPDUMP_DUMP_H
#define HEAPDUMP_DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "lines/state.h"
#include "out/shared.h"

/* What a finished run tells. */
struct hd_summary {
    uint64_t objects, bytes;
    double seconds;
};

/*
 * Writes a whole dump to `fd`, in this process. The caller holds the GVL and has collected the
 * context; the GC is disabled. Returns 0 or an errno; `where` then says at what it failed. Raises
 * nothing.
 */
int hd_dump_run(struct hd_context *context, const struct hd_options *options, int fd,
                struct hd_summary *summary, const char **where);

/* The same by a process that has prepared a dump, and guards this call. */
int hd_dump_run_as(struct hd_dump *dump, int fd, struct hd_summary *summary, const char **where);

/*
 * The same in steps, for processes that share the work (process/). Open and close a dump in each
 * process; `shared` is NULL for one alone. The pages, and what hd_dump_look finds in them, may be
 * those that another process has collected before the fork.
 */
int hd_dump_open(struct hd_dump *dump, int fd, struct hd_shared *shared);
void hd_dump_look(struct hd_dump *dump);       /* before anything is written */
void hd_dump_write_head(struct hd_dump *dump); /* header and roots */
void hd_dump_write_pages(struct hd_dump *dump, size_t from, size_t to);
void hd_dump_write_footer(struct hd_dump *dump, const struct hd_tally *sum, double seconds);
int hd_dump_close(struct hd_dump *dump, uint64_t *written); /* 0 or the first error */
void hd_dump_end(struct hd_dump *dump); /* closed, it keeps its pages, to be opened again */
void hd_dump_free(struct hd_dump *dump);

#endif
