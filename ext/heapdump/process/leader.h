/*
 * The leader of a forked dump collects the pages, writes header and roots, forks workers, and writes
 * the footer when all are done. It and the workers take pages in turn and write their lines. A dump
 * that goes to a stream it writes alone.
 */
#ifndef HEAPDUMP_LEADER_H
#define HEAPDUMP_LEADER_H

#include "process/team.h"

/* Leads the dump to its end; what became of it is in `team`. In a process of its own, confined. */
void hd_lead(const struct hd_fork *request, struct hd_team *team);

#endif
