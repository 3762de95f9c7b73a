/*
 * What the processes of a forked dump have in common; see team.h.
 */
#include "process/team.h"

#include <errno.h>
#include <signal.h>
#ifdef HAVE_PRCTL
#    include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "process/child.h"

const char hd_checking[] = "checking what was written";

pid_t
hd_team_fork(void) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0) return pid;
#ifdef HAVE_PRCTL
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) _exit(1);
    hd_child_unblock_signals();
    return 0;
}

int
hd_team_signal(int status) {
    if (WIFSIGNALED(status)) return WTERMSIG(status);
    int code = WEXITSTATUS(status);
    return code > 128 ? code - 128 : 0; // guard.c: it crashed outside of a guarded call
}

/* If a worker has died or ended early, the leader ends too, and with it all other workers. */
int
hd_team_reap(struct hd_team *team, bool all) {
    int left = 0;
    for (int i = 0; i < HD_MAX_WORKERS; i++) {
        int status = 0;
        pid_t pid;
        if (team->workers[i] == 0) continue;
        do pid = waitpid(team->workers[i], &status, all ? 0 : WNOHANG);
        while (pid < 0 && errno == EINTR);
        if (pid == 0) left++;
        else team->workers[i] = 0;
        if (pid <= 0) continue;
        int signal = hd_team_signal(status);
        if (signal) _exit(128 + signal);
        if (WEXITSTATUS(status) != HD_WORKER_DONE) _exit(1);
    }
    return left;
}

uint64_t
hd_team_objects(const struct hd_team *team) {
    uint64_t objects = 0;
    for (int i = 0; i < HD_MAX_WORKERS; i++) objects += team->tallies[i].objects;
    return objects;
}

struct hd_tally
hd_team_sum(const struct hd_team *team, int count) {
    struct hd_tally sum = {0};
    for (int i = 0; i < count; i++) hd_tally_add(&sum, &team->tallies[i]);
    return sum;
}
