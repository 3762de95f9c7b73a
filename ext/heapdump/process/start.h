/*
 * A dump by forked children, side by side. The process that is dumped stands still only for the
 * fork. In the order in which they are forked:
 *
 *   coordinator  waits, gives the file its name, and reports (coordinator.c)
 *   leader       collects the pages, writes header, roots and footer (leader.c)
 *   workers      take pages in turn, as the leader does, and write their lines into the same file
 *
 * Each dies with the one that forked it. None waits for the end of another before it goes on: to take
 * down the memory of such a child takes as long as to fork it.
 *
 * In these processes no Ruby code runs, nothing is allocated in Ruby, the GC is off and no
 * at_exit, finalizer or buffered IO of the application is touched: they leave with _exit.
 */
#ifndef HEAPDUMP_START_H
#define HEAPDUMP_START_H

#include <sys/types.h>

#include "process/team.h"

/*
 * Starts a dump. The caller holds the GVL, has collected the context, and has disabled the GC.
 * Returns the coordinator's process id, or -1 with errno. `report_fd` becomes the readable end of a
 * pipe, on which one line arrives when it is done (report.h), and nothing before its end if the
 * coordinator is killed.
 */
pid_t hd_fork_start(const struct hd_fork *request, int *report_fd);

#endif
