/*
 * The coordinator of a forked dump. It knows nothing of MRI. It forks the leader and waits for it,
 * while it watches the time and receives signals. Then it gives the file its name or removes it,
 * and reports.
 */
#ifndef HEAPDUMP_COORDINATOR_H
#define HEAPDUMP_COORDINATOR_H

#include "process/team.h"

/*
 * Does all of this, writes the line of the report (report.h) to report_fd, and ends the process.
 * Call it in a process of its own, confined (guard.h).
 */
void hd_coordinate(const struct hd_fork *request, int report_fd) __attribute__((noreturn));

#endif
