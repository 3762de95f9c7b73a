/*
 * The memory that the processes of a forked dump share. It says which pages are taken, where the
 * next block goes in the file (out/shared.h), and how far each process has come. No ruby.h.
 */
#ifndef HEAPDUMP_TEAM_H
#define HEAPDUMP_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "account/account.h"
#include "lines/tally.h"
#include "out/shared.h"
#include "request/processors.h"
#include "request/target.h"

struct hd_context;
struct hd_options;

/* What the processes have to do. */
struct hd_fork {
    struct hd_context *context;
    const struct hd_options *options;
    double timeout;           /* that of the options, in seconds */
    bool several_ractors;     /* the process that is dumped has several Ractors */
    struct hd_target *target; /* NULL for a stream */
    int fd;                   /* the open descriptor that the dump is written to */
};

struct hd_team {
    _Atomic size_t next_page; /* index of the first page that no process has taken */
    struct hd_tally tallies[HD_MAX_WORKERS];
    struct hd_shared file;
    struct hd_account
        account; /* written by the accountant, read by the leader when that has ended */

    /*
     * Written by the leader, and read by the coordinator after the leader has ended. `start` is
     * written by the coordinator before it forks the leader.
     */
    double start, seconds;
    int processes;         /* number of processes that have written */
    _Atomic bool finished; /* the leader has done its work and will only end */
    int error;             /* why the leader gave up (errno), else 0 */
    const char *where;     /* what it was doing then; a literal */
};

/* The value of `where` while the leader checks the numbers of lines and bytes. */
extern const char hd_checking[];

/* Forks a child that dies with its parent. Returns as fork(2) does. */
pid_t hd_team_fork(void);

/* The signal that a child died of, from the status that wait(2) has given; 0 for none. */
int hd_team_signal(int status);

/* Waits until all children have ended. If one has died of a signal, ends this process likewise. */
void hd_team_reap(void);

/* The number of objects that all processes have written so far. */
uint64_t hd_team_objects(const struct hd_team *team);

/*
 * The sum of what the first `count` processes have written. They must have ended, or have said that
 * they are done.
 */
struct hd_tally hd_team_sum(const struct hd_team *team, int count);

#endif
