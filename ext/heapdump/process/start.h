/*
 * Starts a dump that forked processes write beside the application. The process that is dumped
 * stops only for the fork. The forked processes, in the order in which they are forked:
 *
 *   coordinator  waits, gives the file its name, and reports (coordinator.c)
 *   leader       collects the pages, writes header, roots and footer (leader.c)
 *   workers      take pages in turn, as the leader does, and write their lines into the same file
 *
 * On Linux the leader dies with the coordinator, and the workers die with the leader. The
 * coordinator goes on if the application ends. For the next step of the dump none waits until the
 * process of another has ended, but only until that one says that it has finished: the end of such
 * a process takes as long as its fork, because the kernel has to free its memory. When its own work
 * is done, the leader waits for the end of the workers, and the coordinator for that of the leader.
 *
 * In these processes no Ruby code runs, nothing of the dumper allocates Ruby objects, the GC is off
 * and no at_exit, finalizer or buffered IO of the application is touched: they leave with _exit.
 */
#ifndef HEAPDUMP_START_H
#define HEAPDUMP_START_H

#include <sys/types.h>

#include "process/team.h"

/*
 * Starts a dump. The caller holds the GVL, has collected the context, and has disabled the GC.
 * Returns the coordinator's process id, or -1 with errno. Sets `report_fd` to the reading end of a
 * pipe, which belongs to the caller. When the dump has ended, one line can be read from it
 * (report.h). If the coordinator is killed, the pipe ends without a line.
 */
pid_t hd_fork_start(const struct hd_fork *request, int *report_fd);

#endif
