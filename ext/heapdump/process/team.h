/*
 * What the processes of a forked dump have in common: a piece of memory in which they take pages in
 * turn, share the file (out/shared.h), and tell each other how far they have come. No ruby.h.
 */
#ifndef HEAPDUMP_TEAM_H
#define HEAPDUMP_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lines/tally.h"
#include "out/shared.h"
#include "request/processors.h"
#include "request/target.h"

struct hd_context;
struct hd_options;

/* What they have to do. */
struct hd_fork {
    struct hd_context *context;
    const struct hd_options *options;
    double timeout;           /* that of the options, in seconds */
    bool several_ractors;     /* in the process that is dumped */
    struct hd_target *target; /* NULL for a stream */
    int fd;                   /* where the dump goes, open */
};

struct hd_team {
    _Atomic size_t next_page; /* index of the first page nobody has taken */
    struct hd_tally tallies[HD_MAX_WORKERS];
    struct hd_shared file;

    /* Written by the leader, read by the coordinator after it has ended; `start` before it begins. */
    double start, seconds;
    int processes;         /* that wrote */
    _Atomic bool finished; /* nothing more to do for the leader but to end */
    int error;             /* errno of what made it give up */
    const char *where;     /* what it was doing; a literal */
};

/* What it does when its lines and bytes are counted. */
extern const char hd_checking[];

/* Forks a child that dies with its parent. Returns 0 in it. */
pid_t hd_team_fork(void);

/* The signal that a child died of, 0 if it came to its end. */
int hd_team_signal(int status);

/* Waits for all children to end. Where one has died of a signal this process ends of it, too. */
void hd_team_reap(void);

/* How many objects have been written so far, by all. */
uint64_t hd_team_objects(const struct hd_team *team);

/* What the first `count` processes have written; they must have ended, or be done. */
struct hd_tally hd_team_sum(const struct hd_team *team, int count);

#endif
