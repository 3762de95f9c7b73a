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

static void
crashed(int signal) {
    _exit(128 + signal);
}

/*
 * After a crash the process just ends. A core dump of it would be as large as the application.
 */
static void
catch_crashes(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_handler = crashed};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

pid_t
hd_accountant_start(const struct hd_fork *request, struct hd_team *team) {
    struct hd_pages pages = {0};
    if (request->options->format != HD_FORMAT_HEAPDUMP) return -1;
    team->account = request->context->account;
    pid_t pid = hd_team_fork();
    if (pid != 0) return pid;
    catch_crashes();
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
