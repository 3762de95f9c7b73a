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
     * Written by the leader. The coordinator reads `finished` at any time, and the others when that
     * is set or the leader has ended. Before it forks the leader, the coordinator writes `start`
     * and a first `where`; and `error`, when it has killed the leader.
     */
    double start, seconds;
    pid_t workers[HD_MAX_WORKERS]; /* forked by the leader; 0: none, or it has been waited for */
    int processes;                 /* number of processes that have written */
    _Atomic bool finished;         /* the leader has done its work and will only end */
    int error;                     /* why the leader gave up or was killed (errno), else 0 */
    const char *where;             /* what it was doing then; a literal */
};

/* The value of `where` while the leader checks the numbers of lines and bytes. */
extern const char hd_checking[];

/*
 * Forks a child that dies with its parent (where prctl(2) can do that, which is on Linux). Returns
 * as fork(2) does. In the child no signal is blocked; it ends at once if its parent has ended
 * already.
 */
pid_t hd_team_fork(void);

/*
 * The signal that a child died of, from the status that wait(2) has given; 0 for none. A child that
 * ends with status 128 + signal (guard.c) counts as one that died of the signal.
 */
int hd_team_signal(int status);

/* The status with which a worker ends that has done its work. */
enum { HD_WORKER_DONE = 94 };

/*
 * Waits for the workers that have ended; until all have if `all` is true. Returns how many are
 * still there. If one has died of a signal, ends this process by _exit(128 + signal), and if one
 * has ended with another status than HD_WORKER_DONE, by _exit(1). The others are not waited for:
 * they die with this process. Nor are children that an extension's function has forked.
 *
 * Call it in the parent of the workers only: the leader, or the coordinator if that could not fork
 * a leader.
 */
int hd_team_reap(struct hd_team *team, bool all);

/* The number of objects that all processes have written so far. */
uint64_t hd_team_objects(const struct hd_team *team);

/*
 * The sum of what the first `count` processes have written. They must have ended, or have said that
 * they are done.
 */
struct hd_tally hd_team_sum(const struct hd_team *team, int count);

#endif
