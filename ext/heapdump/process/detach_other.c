/*
 * For platforms that have no better method than two forks.
 */
#include "process/detach.h"

pid_t
hd_detached_fork(void) {
    return hd_fork_twice();
}

bool
hd_fork_would_hang(void) {
    return false;
}
