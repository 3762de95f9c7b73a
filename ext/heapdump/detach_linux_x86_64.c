/*
 * A fork through a process in the middle that shares this one's memory, like that of vfork, and
 * ends without a signal: the kernel shows such children only to those who ask for them (__WCLONE).
 * It runs on the caller's stack, so the copy that it forks has that stack too, as MRI expects.
 */
#define _GNU_SOURCE
#include "detach.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) pid_t
hd_detached_fork(void) {
    volatile pid_t child = -1;
    volatile int error = 0;
    long middle;
    // Not through syscall(2): its return address would lie on the stack that both use.
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    __asm__ volatile("syscall"
                     : "=a"(middle)
                     : "a"(SYS_clone), "D"(CLONE_VM | CLONE_VFORK), "S"(0), "d"(0), "r"(r10),
                       "r"(r8)
                     : "rcx", "r11", "memory");
    if (middle == 0) {
        pid_t pid = fork(); // the real one, which leaves malloc's locks in order
        if (pid == 0) return 0;
        child = pid;
        error = errno;
        _exit(0);
    }
    if (middle < 0) {
        errno = (int)-middle;
        return -1;
    }
    while (waitpid((pid_t)middle, NULL, __WCLONE) < 0 && errno == EINTR) continue;
    if (child < 0) errno = error;
    return child;
}
