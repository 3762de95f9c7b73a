/* To be preloaded: at a certain call of the C library in any process that was forked from the one
 * that armed it, the process ends, stops or is killed. Both countdown and deed lie in memory that
 * all of them share.
 *
 * deaths_arm(deed, count)   0: look only; the count goes down by one at each call
 * deaths_left()             how far it has come */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum deed { LOOK, KILL, TERMINATE, STOP, LEAVE_0, LEAVE_1, EXIT_0, EXIT_1 };

struct shared {
    _Atomic long left;
    _Atomic int deed;
    _Atomic pid_t spared; /* 0: disarmed */
};

static struct shared *shared;

__attribute__((constructor)) static void
begin(void) {
    void *memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
    if (memory == MAP_FAILED) abort();
    shared = memory;
}

void
deaths_arm(int deed, long count) {
    atomic_store(&shared->left, count);
    atomic_store(&shared->deed, deed);
    atomic_store(&shared->spared, getpid());
}

long
deaths_left(void) {
    atomic_store(&shared->spared, 0);
    return atomic_load(&shared->left);
}

static void
point(void) {
    pid_t spared = shared ? atomic_load(&shared->spared) : 0;
    if (spared == 0 || spared == getpid() || atomic_fetch_sub(&shared->left, 1) != 1) return;
    switch (atomic_load(&shared->deed)) {
    case KILL:
        kill(getpid(), SIGKILL);
        break;
    case TERMINATE:
        kill(getpid(), SIGTERM);
        break;
    case STOP:
        kill(getpid(), SIGSTOP);
        break;
    case LEAVE_0:
        _exit(0);
    case LEAVE_1:
        _exit(1);
    case EXIT_0:
        exit(0);
    case EXIT_1:
        exit(1);
    }
}

/* Before the call, and after it. */
#define AROUND(type, name, parameters, arguments)                                                  \
    type name parameters {                                                                         \
        static type(*real) parameters;                                                             \
        if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                             \
        point();                                                                                   \
        type result = real arguments;                                                              \
        point();                                                                                   \
        return result;                                                                             \
    }

AROUND(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
AROUND(ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))
AROUND(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t at),
       (fd, bytes, size, at))
AROUND(ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size))
AROUND(int, close, (int fd), (fd))
AROUND(int, dup2, (int from, int to), (from, to))
AROUND(int, ftruncate, (int fd, off_t size), (fd, size))
AROUND(int, rename, (const char *from, const char *to), (from, to))
AROUND(int, munmap, (void *memory, size_t size), (memory, size))
AROUND(int, setpriority, (int which, unsigned who, int priority), (which, who, priority))
AROUND(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
AROUND(pid_t, wait, (int *status), (status))
AROUND(pid_t, getppid, (void), ())
AROUND(int, sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *time),
       (set, info, time))
AROUND(int, sigaction, (int signal, const struct sigaction *new, struct sigaction *old),
       (signal, new, old))
