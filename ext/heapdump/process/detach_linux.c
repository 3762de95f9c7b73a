/*
 * Forks by way of a process in the middle, which shares the memory of this one like a child of
 * vfork, and whose end causes no signal. wait(2) returns such a child only to callers that ask for
 * it (__WCLONE). The process in the middle runs on the caller's stack, so the copy that it forks
 * has that stack too, as MRI expects.
 */
#define _GNU_SOURCE
#include "process/detach.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Starts the process in the middle; returns 0 in it. syscall(2) is not used, because both processes
 * have the same stack and would overwrite its return address.
 */
#if defined(__x86_64__)
static inline __attribute__((always_inline)) long
start_middle(void) {
    long middle;
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    __asm__ volatile("syscall"
                     : "=a"(middle)
                     : "a"(SYS_clone), "D"(CLONE_VM | CLONE_VFORK), "S"(0), "d"(0), "r"(r10),
                       "r"(r8)
                     : "rcx", "r11", "memory");
    return middle;
}
#elif defined(__aarch64__)
static inline __attribute__((always_inline)) long
start_middle(void) {
    register long x8 __asm__("x8") = SYS_clone;
    register long x0 __asm__("x0") = CLONE_VM | CLONE_VFORK;
    register long x1 __asm__("x1") = 0;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
#else
#    error "extconf.rb takes detach_other.c for this processor"
#endif

static void
await_middle(long middle) {
    while (waitpid((pid_t)middle, NULL, __WCLONE) < 0 && errno == EINTR) continue;
}

/*
 * The result of the process in the middle. It is in shared memory and not on the stack, because an
 * emulator (valgrind) may turn the clone into a plain fork, and then the process in the middle has
 * a stack of its own. Another emulator (qemu-user) refuses a clone without a signal; then
 * hd_fork_twice is used.
 */
struct answer {
    pid_t child;
    int error;
};

__attribute__((noinline)) pid_t
hd_detached_fork(void) {
    volatile struct answer *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED) return -1;
    answer->child = -1;
    answer->error = EAGAIN; // stays so if the process in the middle is killed
    long middle = start_middle();
    if (middle == 0) {
        pid_t pid = fork(); // the C library's fork, after which malloc can be used
        if (pid == 0) return 0;
        answer->error = errno;
        answer->child = pid;
        _exit(0);
    }
    if (middle > 0) await_middle(middle);
    pid_t child = answer->child;
    int error = middle < 0 ? (int)-middle : answer->error;
    munmap((void *)answer, sizeof *answer);
    if (middle == -EINVAL) return hd_fork_twice();
    errno = error;
    return child;
}

/*
 * Tries a fork in a copy of the process. The copy is made by clone, which unlike fork(2) waits for
 * no lock. Returns true if the fork hangs.
 */
static bool
try_fork(void) {
    int status = 0;
    long copy = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (copy == 0) {
        sigset_t alarms;
        sigemptyset(&alarms);
        sigaddset(&alarms, SIGALRM);
        sigaction(SIGALRM, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        alarm(1);
        sigprocmask(SIG_UNBLOCK, &alarms, NULL);
        fork();
        _exit(0);
    }
    if (copy < 0) return false;
    while (waitpid((pid_t)copy, &status, __WCLONE) < 0 && errno == EINTR) continue;
    return WIFSIGNALED(status);
}

__attribute__((noinline)) bool
hd_fork_would_hang(void) {
    volatile bool hangs = false;
    long middle = start_middle();
    if (middle == 0) {
        hangs = try_fork();
        _exit(0);
    }
    if (middle > 0) await_middle(middle);
    return hangs;
}
