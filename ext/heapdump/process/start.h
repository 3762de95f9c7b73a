/*
 * A dump by forked children, side by side. The process that is dumped stands still only for the
 * fork. A coordinator forks a leader, which writes header, roots and footer and forks workers; they
 * and the leader take pages in turn, and all write into one file. The coordinator watches over
 * them, reports through a pipe, and gives the file its name.
 *
 * In these processes no Ruby code runs, nothing is allocated in Ruby, the GC is off and no
 * at_exit, finalizer or buffered IO of the application is touched: they leave with _exit.
 */
#ifndef HEAPDUMP_FORK_H
#define HEAPDUMP_FORK_H

#include "request/context.h"
#include "request/options.h"
#include "request/target.h"

#include <sys/types.h>

struct hd_fork {
    struct hd_context *context;
    const struct hd_options *options;
    struct hd_target *target; /* NULL for a stream */
    int fd;                   /* where the dump goes, open */
};

/*
 * Starts a dump. The caller holds the GVL, has collected the context, and has disabled the GC.
 * Returns the coordinator's process id, or -1 with errno. `report_fd` becomes the readable end of a
 * pipe, on which one line arrives when it is done:
 *
 *   done OBJECTS BYTES SECONDS PROCESSES
 *   failed ERRNO SIGNAL OBJECTS WHERE        (the partial file is removed; one of the first two is 0)
 *
 * and nothing before its end if the coordinator is killed.
 */
pid_t hd_fork_start(const struct hd_fork *request, int *report_fd);

#endif
