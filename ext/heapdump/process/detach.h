/*
 * Forks a process that is not a child of the application: Process.wait in the application never
 * returns it, the application gets no SIGCHLD, and no zombie stays. That is so on Linux on x86-64
 * and aarch64, unless an emulator or a sandbox refuses the system call with EINVAL; elsewhere see
 * hd_fork_twice.
 *
 * An application that adopts orphans (process 1 of a container, or a "child subreaper") gets this
 * process as a child all the same, with a SIGCHLD when it ends.
 */
#ifndef HEAPDUMP_DETACH_H
#define HEAPDUMP_DETACH_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Like hd_detached_fork, for where there is no better method. It forks a process in the
 * middle, which forks the other one and ends. The one in the middle is a child of this process: a
 * SIGCHLD comes, and a thread that waits for any child may see it end.
 */
pid_t hd_fork_twice(void);

/*
 * Forks the calling thread into a process that is not a child of this one. Returns 0 in the new
 * process, its process id in the caller, or -1 with errno on failure. All signals must be blocked;
 * they are blocked in the new process too.
 */
pid_t hd_detached_fork(void);

/*
 * True if fork(2) would hang, because it waits for a lock that the calling thread itself holds. A
 * thread holds such a lock if a debugger has stopped it inside of malloc. Tries a fork in a copy of
 * the process, for at most a second; true also if the copy is killed by a signal meanwhile. All
 * signals must be blocked. Returns false if that cannot be tried, as on platforms other than those
 * above.
 */
bool hd_fork_would_hang(void);

#endif
