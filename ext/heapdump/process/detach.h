/*
 * A fork whose child is nobody's: the application's own Process.wait never returns it, no SIGCHLD
 * comes, and no zombie stays. (On Linux; elsewhere see hd_fork_twice.)
 */
#ifndef HEAPDUMP_DETACH_H
#define HEAPDUMP_DETACH_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The plain way to the same, for where there is no finer one: the process in the middle is a child
 * of this one for a moment. A SIGCHLD comes, and whoever waits for any child may see it end.
 */
pid_t hd_fork_twice(void);

/*
 * Forks the calling thread into a process that is no child of this one. Returns 0 in it, its
 * process id in the caller, -1 with errno on failure. Call with all signals blocked.
 */
pid_t hd_detached_fork(void);

/*
 * True where a fork would wait for a lock that this very thread holds, as one does that a debugger
 * has stopped within malloc: tries it in a copy of the process, for a second at most. Call with all
 * signals blocked. False where that cannot be tried.
 */
bool hd_fork_would_hang(void);

#endif
