/*
 * The start of a forked dump; see start.h.
 */
#include "process/start.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "guard/guard.h"
#include "mri/mri.h"
#include "process/child.h"
#include "process/coordinator.h"
#include "process/detach.h"

struct start {
    const struct hd_fork *request;
    int report_fd;
    pid_t pid;
    int error;
};

static void
coordinate(void *arg) {
    const struct start *start = arg;
    hd_coordinate(start->request, start->report_fd);
}

static void
start_i(void *arg) {
    struct start *start = arg;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    start->pid = hd_detached_fork();
    if (start->pid == 0) hd_guard_confine(coordinate, start);
    start->error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

pid_t
hd_fork_start(const struct hd_fork *request, int *report_fd) {
    int pipe[2];
    if (hd_pipe(pipe) != 0) return -1;
    struct start start = {.request = request, .report_fd = pipe[1]};
    hd_mri_stop_ractors(request->several_ractors, start_i, &start);
    close(pipe[1]);
    if (start.pid < 0) {
        close(pipe[0]);
        errno = start.error;
        return -1;
    }
    *report_fd = pipe[0];
    return start.pid;
}
