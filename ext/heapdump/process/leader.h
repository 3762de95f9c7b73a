/*
 * The leader of a forked dump. It collects the pages, writes header and roots, forks the workers,
 * and writes the footer when all are done. The leader and the workers take the next pages in turn
 * and write their lines. The leader writes a dump to a stream alone.
 */
#ifndef HEAPDUMP_LEADER_H
#define HEAPDUMP_LEADER_H

#include "process/team.h"

/*
 * Does the work of the leader. Writes the result, or the error, into `team`. Call it in a process
 * of its own, confined (guard.h).
 */
void hd_lead(const struct hd_fork *request, struct hd_team *team);

#endif
