#define _GNU_SOURCE
#include "call.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>

#include "check.h"
#include "moment.h"

/* In seconds. A healthy process takes some tenths of a millisecond. */
#define TO_STOP 2.0
#define TO_RETURN 5.0

/*
 * Signals by which the kernel tells a thread what it has done wrong. If a thread blocks one of them
 * and does wrong, the kernel removes the handler.
 */
static const int own_faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};

static bool
is_own_fault(int signal) {
    for (size_t i = 0; i < sizeof own_faults / sizeof *own_faults; i++)
        if (own_faults[i] == signal) return true;
    return false;
}

static uint64_t
all_but_own_faults(void) {
    uint64_t signals = ~(uint64_t)0;
    for (size_t i = 0; i < sizeof own_faults / sizeof *own_faults; i++)
        signals &= ~((uint64_t)1 << (own_faults[i] - 1));
    return signals;
}

bool
ha_hold(struct ha_held *held, struct ha_thread *thread, const struct ha_way *way) {
    held->thread = thread;
    held->since = ha_now();
    if (!ha_thread_stop(thread, TO_STOP)) goto out;
    held->cpu = ha_cpu_read(thread, way);
    if (held->cpu == NULL || !ha_moment_is_good(thread, ha_cpu_counter(held->cpu))) goto out;
    if (!ha_thread_blocked(thread, &held->blocked)) goto out;
    if (!ha_cpu_write_frame(thread, held->cpu, held->blocked)) goto out;
    /* In this order: with the registers the frame brings back the signals that are blocked. */
    if (ha_cpu_lead_back(thread, held->cpu) && ha_thread_block(thread, all_but_own_faults())) {
        return true;
    }
    ha_let_go(held);
    return false;

out:
    ha_thread_release(thread);
    return false;
}

/* Whether the signal of this stop says that the thread has done something wrong itself. */
static bool
has_crashed(struct ha_thread *thread, bool *crashed) {
    siginfo_t info;
    *crashed = false;
    if (!is_own_fault(thread->signal)) return true;
    if (ptrace(PTRACE_GETSIGINFO, thread->id, NULL, &info) != 0) {
        return ha_fault(thread, HA_FAILED, "a signal cannot be read: %s", strerror(errno));
    }
    *crashed = info.si_code > 0; /* the other codes are those of signals that somebody has sent */
    return true;
}

/*
 * Goes on until the stop `wanted`. Signals that cannot be blocked, and their like, are passed on at
 * once: a handler runs on top of the call, as it would on any other code. A stop of the whole
 * process comes into effect when the thread is released.
 */
static bool
go_on_until(struct ha_held *held, int request, enum ha_stop wanted, bool *back) {
    struct ha_thread *thread = held->thread;
    int signal = 0;
    bool crashed;
    for (;;) {
        if (!ha_thread_go(thread, request, signal) || !ha_thread_wait(thread)) return false;
        signal = 0;
        switch (thread->stop) {
        case HA_STOP_NONE:
            thread->seized = false; /* a thread that runs is released by the end of this program */
            return ha_fault(thread, HA_FAILED, "a function did not return within %.0f s",
                            TO_RETURN);
        case HA_STOP_SIGNAL:
            if (!has_crashed(thread, &crashed)) return false;
            if (crashed) {
                return ha_fault(thread, HA_FAILED, "a function got signal %d (%s)", thread->signal,
                                strsignal(thread->signal));
            }
            signal = thread->signal;
            break;
        case HA_STOP_SYSTEM:
            if (wanted == HA_STOP_SYSTEM && !ha_cpu_is_back(thread, held->cpu, back)) return false;
            if (wanted == HA_STOP_SYSTEM && *back) return true;
            break;
        case HA_STOP_ASKED:
            if (wanted == HA_STOP_ASKED) return true;
            break;
        }
    }
}

bool
ha_call(struct ha_held *held, uint64_t function, const uint64_t arguments[HA_ARGUMENTS],
        uint64_t *result) {
    struct ha_thread *thread = held->thread;
    bool back = false;
    HA_CHECK(thread->seized && thread->stop == HA_STOP_ASKED);
    thread->deadline = ha_now() + TO_RETURN;
    return ha_cpu_lead_to(thread, held->cpu, function, arguments) &&
           go_on_until(held, PTRACE_SYSCALL, HA_STOP_SYSTEM, &back) &&
           ha_cpu_result(thread, held->cpu, result) && ha_cpu_wait_there(thread, held->cpu) &&
           ha_thread_interrupt(thread) && go_on_until(held, PTRACE_CONT, HA_STOP_ASKED, &back);
}

double
ha_let_go(struct ha_held *held) {
    struct ha_thread *thread = held->thread;
    /*
     * At a system call, after a fault, the thread is left to itself. So it is where one of these
     * fails. Then it goes the way back alone.
     */
    if (thread->seized && thread->stop != HA_STOP_SYSTEM) {
        ha_thread_block(thread, held->blocked);
        ha_cpu_restore(thread, held->cpu);
    }
    ha_thread_release(thread);
    return ha_now() - held->since;
}
