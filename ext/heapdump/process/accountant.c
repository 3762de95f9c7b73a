/*
 * The accountant; see accountant.h.
 */
#include "process/accountant.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "mri/pages.h"
#include "request/context.h"

enum { PATIENCE = 5 }; // in seconds

pid_t
hd_accountant_start(const struct hd_fork *request, struct hd_team *team) {
    struct hd_pages pages = {0};
    team->account = request->context->account;
    pid_t pid = hd_team_fork();
    if (pid != 0) return pid;
    if (hd_pages_collect(&pages) == 0) hd_account_take(&team->account, &pages);
    _exit(0);
}

void
hd_accountant_await(pid_t accountant, const struct hd_fork *request, struct hd_team *team) {
    const struct timespec moment = {.tv_nsec = 500000};
    double quarter = request->timeout / 4;
    double until = hd_now() + (quarter < PATIENCE ? quarter : PATIENCE);
    if (accountant < 0) return;
    while (waitpid(accountant, NULL, WNOHANG) == 0) {
        if (hd_now() < until) {
            nanosleep(&moment, NULL);
            continue;
        }
        kill(accountant, SIGKILL);
        while (waitpid(accountant, NULL, 0) < 0 && errno == EINTR) continue;
        break;
    }
    request->context->account = team->account;
}
