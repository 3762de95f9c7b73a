/*
 * Makes one thread of another process call a few functions. Reads a plan (plan.h) from its standard
 * input and writes to its standard output:
 *
 *   r 7f0123456789         each variable that is not 0, in hexadecimal digits
 *   held 0.000812          for how many seconds the thread was stopped
 *   done                   or "later", "cannot" or "failed" with the reason (enum ha_outcome)
 *
 * The exit status is 0 after "done".
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "others.h"
#include "plan.h"

/* Nothing ends this program before it has let the thread go, except SIGKILL. */
static void
defy_signals(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTOU};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
}

/*
 * Before 5.2 Linux tells the mask of a thread that waits with another one (pselect) as that other
 * one, which would then become its own.
 */
static bool
is_old_kernel(void) {
    struct utsname system;
    int major = 0, minor = 0;
    if (uname(&system) != 0 || sscanf(system.release, "%d.%d", &major, &minor) != 2) return false;
    return major < 5 || (major == 5 && minor < 2);
}

static int
tell(enum ha_outcome outcome, const char *words) {
    static const char *const names[] = {
        [HA_DONE] = "done", [HA_LATER] = "later", [HA_CANNOT] = "cannot", [HA_FAILED] = "failed"};
    printf("%s%s%s\n", names[outcome], outcome == HA_DONE ? "" : " ", words);
    return outcome == HA_DONE ? 0 : 1;
}

int
main(void) {
    struct ha_thread thread;
    struct ha_held held;
    uint64_t variables[HA_VARIABLES] = {0};
    char words[80];
    defy_signals();
    const struct ha_plan *plan = ha_plan_read(stdin, words, sizeof words);
    if (plan == NULL) return tell(HA_CANNOT, words);
    if (is_old_kernel()) return tell(HA_CANNOT, "this kernel is older than 5.2");
    double since = ha_now();
    if (ha_thread_open(&thread, ha_plan_process(plan), ha_plan_thread(plan)) &&
        (!ha_plan_stops_all(plan) || ha_others_stop(&thread)) &&
        ha_hold(&held, &thread, ha_plan_way(plan))) {
        ha_plan_do(plan, &held, variables);
        double seconds = ha_let_go(&held);
        ha_others_release();
        if (ha_plan_stops_all(plan)) seconds = ha_now() - since;
        for (int i = 0; i < HA_VARIABLES; i++)
            if (variables[i] != 0) printf("%c %" PRIx64 "\n", 'a' + i, variables[i]);
        printf("held %.6f\n", seconds);
    }
    ha_others_release();
    return tell(thread.outcome, thread.words);
}
