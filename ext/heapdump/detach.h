/*
 * A fork whose child is nobody's: the application's own Process.wait never returns it, no SIGCHLD
 * comes, and no zombie stays.
 */
#ifndef HEAPDUMP_DETACH_H
#define HEAPDUMP_DETACH_H

#include <sys/types.h>

/*
 * Forks the calling thread into a process that is no child of this one. Returns 0 in it, its
 * process id in the caller, -1 with errno on failure. Call with all signals blocked.
 */
pid_t hd_detached_fork(void);

#endif
