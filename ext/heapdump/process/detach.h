/*
 * Forks a process that is not a child of the application: Process.wait in the application never
 * returns it, the application gets no SIGCHLD, and no zombie stays. (On Linux; elsewhere see
 * hd_fork_twice.)
 */
#ifndef HEAPDUMP_DETACH_H
#define HEAPDUMP_DETACH_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Like hd_detached_fork, for platforms that have no better method. It forks a process in the
 * middle, which forks the other one and ends. The one in the middle is a child of this process: a
 * SIGCHLD comes, and a thread that waits for any child may see it end.
 */
pid_t hd_fork_twice(void);

/*
 * Forks the calling thread into a process that is not a child of this one. Returns 0 in the new
 * process, its process id in the caller, or -1 with errno on failure. All signals must be blocked.
 */
pid_t hd_detached_fork(void);

/*
 * True if fork(2) would hang, because it waits for a lock that the calling thread itself holds. A
 * thread holds such a lock if a debugger has stopped it inside of malloc. Tries a fork in a copy of
 * the process, for at most a second. All signals must be blocked. Returns false if that cannot be
 * tried.
 */
bool hd_fork_would_hang(void);

#endif
