/*
 * Place in the flow: directly after a fork, in the child. See child.h.
 */
#define _GNU_SOURCE
#include "child.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void
hd_child_reset_signals(void) {
    for (int signal = 1; signal < NSIG; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP)
            (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    }
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

void
hd_child_unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void
hd_child_close(int first, int last) {
    if (first > last || close_range((unsigned)first, (unsigned)last, 0) == 0) return;
    long limit = sysconf(_SC_OPEN_MAX); // a kernel before 5.9
    for (int fd = first; fd <= last && fd < limit; fd++) close(fd);
}
