#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef PTRACE_EVENT_STOP
#    define PTRACE_EVENT_STOP 128
#endif

/* What a stop at a system call is told by, with PTRACE_O_TRACESYSGOOD. */
#define SYSTEM (SIGTRAP | 0x80)

/* In seconds. No signal tells that another thread has called execve(2). */
#define LOOK_AGAIN 0.1

double
ha_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool
ha_fault(struct ha_thread *thread, enum ha_outcome outcome, const char *format, ...) {
    if (thread->outcome != HA_DONE) return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(thread->words, sizeof thread->words, format, arguments);
    va_end(arguments);
    thread->outcome = outcome;
    return false;
}

/* glibc and musl differ in the type of the first argument. */
static long
trace(struct ha_thread *thread, int request, const void *address, const void *data) {
    return ptrace(request, thread->id, (void *)address, (void *)data);
}

/* What a request may meet at any moment. */
static bool
request_fault(struct ha_thread *thread, const char *what) {
    if (errno == ESRCH) return ha_fault(thread, HA_FAILED, "the process has ended");
    return ha_fault(thread, HA_FAILED, "%s: %s", what, strerror(errno));
}

bool
ha_thread_open(struct ha_thread *thread, pid_t process, pid_t id) {
    char path[40];
    memset(thread, 0, sizeof *thread);
    thread->process = process;
    thread->id = id;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)process);
    thread->memory = open(path, O_RDWR | O_CLOEXEC);
    if (thread->memory >= 0) return true;
    return ha_fault(thread, HA_CANNOT, "%s cannot be opened: %s", path, strerror(errno));
}

static bool
wait_once(struct ha_thread *thread, int *status, bool *stopped) {
    pid_t found = waitpid(thread->id, status, WNOHANG | __WALL);
    /* ECHILD: another thread of it has called execve(2), and this one is no more. */
    if (found < 0 || (found > 0 && !WIFSTOPPED(*status))) {
        thread->seized = false;
        return ha_fault(thread, HA_FAILED, "the process has ended, or runs another program now");
    }
    *stopped = found > 0;
    return true;
}

/* SIGCHLD is blocked, so it comes while this waits, or has come before. */
static void
sleep_until_told(double seconds) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    sigtimedwait(&set, NULL, &time);
}

bool
ha_thread_wait(struct ha_thread *thread) {
    int status = 0;
    bool stopped = false;
    for (;;) {
        if (!wait_once(thread, &status, &stopped)) return false;
        if (stopped) break;
        double left = thread->deadline - ha_now();
        if (left <= 0) {
            thread->stop = HA_STOP_NONE;
            return true;
        }
        sleep_until_told(left < LOOK_AGAIN ? left : LOOK_AGAIN);
    }
    thread->signal = WSTOPSIG(status);
    thread->stop = status >> 16 == PTRACE_EVENT_STOP ? HA_STOP_ASKED
                   : thread->signal == SYSTEM        ? HA_STOP_SYSTEM
                                                     : HA_STOP_SIGNAL;
    return true;
}

static bool
seize(struct ha_thread *thread) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    /*
     * Never PTRACE_O_EXITKILL. TRACESYSGOOD is not for comfort: when this program ends while the
     * thread stands at a system call, the kernel sends the thread the signal that the stop was told
     * by, and SIGTRAP | 0x80 is none.
     */
    if (trace(thread, PTRACE_SEIZE, 0, (void *)PTRACE_O_TRACESYSGOOD) == 0) {
        thread->seized = true;
        return true;
    }
    if (errno == EPERM) {
        return ha_fault(thread, HA_CANNOT, "ptrace is forbidden: %s", strerror(errno));
    }
    if (errno == ESRCH) return request_fault(thread, "");
    return ha_fault(thread, HA_CANNOT, "ptrace does not work: %s", strerror(errno));
}

static bool
is_stop_of_processes(int signal) {
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

bool
ha_thread_stop(struct ha_thread *thread, double seconds) {
    thread->deadline = ha_now() + seconds;
    if (!seize(thread) || !ha_thread_interrupt(thread)) return false;
    for (;;) {
        if (!ha_thread_wait(thread)) return false;
        if (thread->stop == HA_STOP_NONE) {
            return ha_fault(thread, HA_LATER,
                            "its thread %d did not stop within %.0f s; is it in an uninterruptible "
                            "wait, as for a child of vfork?",
                            (int)thread->id, seconds);
        }
        if (thread->stop == HA_STOP_ASKED) break;
        /* a signal that was on its way already */
        int signal = thread->stop == HA_STOP_SIGNAL ? thread->signal : 0;
        if (!ha_thread_go(thread, PTRACE_CONT, signal)) return false;
    }
    if (!is_stop_of_processes(thread->signal)) return true;
    return ha_fault(thread, HA_CANNOT, "it is stopped; kill -CONT %d lets it go on",
                    (int)thread->process);
}

bool
ha_thread_go(struct ha_thread *thread, int request, int signal) {
    if (trace(thread, request, 0, (void *)(intptr_t)signal) == 0) return true;
    return request_fault(thread, "it cannot go on");
}

bool
ha_thread_interrupt(struct ha_thread *thread) {
    if (trace(thread, PTRACE_INTERRUPT, 0, 0) == 0) return true;
    return request_fault(thread, "it cannot be interrupted");
}

bool
ha_thread_release(struct ha_thread *thread) {
    if (!thread->seized) return true;
    if (trace(thread, PTRACE_DETACH, 0, 0) != 0) return request_fault(thread, "it is not released");
    thread->seized = false;
    return true;
}

bool
ha_thread_read(struct ha_thread *thread, uint64_t address, void *bytes, size_t size,
               const char *what) {
    if (pread(thread->memory, bytes, size, (off_t)address) == (ssize_t)size) return true;
    return ha_fault(thread, HA_FAILED, "%s cannot be read", what);
}

/* Writes up to a word, within one word of the memory. */
static bool
poke(struct ha_thread *thread, uint64_t address, const void *bytes, size_t size) {
    size_t before = address % sizeof(long);
    void *at = (void *)(uintptr_t)(address - before);
    errno = 0;
    long word = ptrace(PTRACE_PEEKDATA, thread->id, at, NULL);
    if (errno != 0) return false;
    memcpy((char *)&word + before, bytes, size);
    return trace(thread, PTRACE_POKEDATA, at, (void *)word) == 0;
}

/*
 * A kernel may let nobody write to pages in this way that their own process could not write
 * (proc_mem.force_override), as those that are executed. A tracer still may, word by word.
 */
bool
ha_thread_write(struct ha_thread *thread, uint64_t address, const void *bytes, size_t size,
                const char *what) {
    if (pwrite(thread->memory, bytes, size, (off_t)address) == (ssize_t)size) return true;
    for (size_t done = 0, part; done < size; done += part) {
        part = sizeof(long) - (address + done) % sizeof(long);
        if (part > size - done) part = size - done;
        if (!poke(thread, address + done, (const char *)bytes + done, part))
            return ha_fault(thread, HA_FAILED, "%s cannot be written", what);
    }
    return true;
}

/* Whether the process itself could read a byte; true where nobody may know. */
static bool
is_readable(struct ha_thread *thread, uint64_t address) {
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)address, 1};
    if (process_vm_readv(thread->process, &here, 1, &there, 1, 0) == 1) return true;
    return errno != EFAULT;
}

/* The first reading makes a stack grow, and also goes through guard pages, the others do not. */
bool
ha_thread_has_stack(struct ha_thread *thread, uint64_t address, uint64_t top) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    char byte;
    bool found = pread(thread->memory, &byte, 1, (off_t)address) == 1;
    for (uint64_t at = address; found && at < top; at = (at / page + 1) * page) {
        found = is_readable(thread, at);
    }
    return found || ha_fault(thread, HA_LATER, "there is no room on its stack");
}

size_t
ha_thread_registers(struct ha_thread *thread, int set, void *bytes, size_t room) {
    struct iovec part = {bytes, room};
    if (trace(thread, PTRACE_GETREGSET, (void *)(intptr_t)set, &part) != 0) return 0;
    return part.iov_len;
}

bool
ha_thread_set_registers(struct ha_thread *thread, int set, const void *bytes, size_t size) {
    struct iovec part = {(void *)bytes, size};
    if (trace(thread, PTRACE_SETREGSET, (void *)(intptr_t)set, &part) == 0) return true;
    return request_fault(thread, "its registers cannot be set");
}

bool
ha_thread_blocked(struct ha_thread *thread, uint64_t *signals) {
    if (trace(thread, PTRACE_GETSIGMASK, (void *)sizeof *signals, signals) == 0) return true;
    if (errno == ESRCH) return request_fault(thread, "");
    return ha_fault(thread, HA_CANNOT, "the signals that it blocks cannot be read: %s",
                    strerror(errno));
}

bool
ha_thread_block(struct ha_thread *thread, uint64_t signals) {
    if (trace(thread, PTRACE_SETSIGMASK, (void *)sizeof signals, &signals) == 0) return true;
    return request_fault(thread, "the signals that it blocks cannot be set");
}
