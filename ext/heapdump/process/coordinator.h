/*
 * The coordinator of a forked dump. It knows nothing of MRI: it forks the leader and waits for it,
 * with an eye on the clock and on signals, gives the file its name or removes it, and reports.
 */
#ifndef HEAPDUMP_COORDINATOR_H
#define HEAPDUMP_COORDINATOR_H

#include "process/team.h"

/* In a process of its own, confined: does all of that, writes its line (report.h), and ends it. */
void hd_coordinate(const struct hd_fork *request, int report_fd) __attribute__((noreturn));

#endif
