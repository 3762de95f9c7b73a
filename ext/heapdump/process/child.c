/*
 * Place in the flow: in a child, directly after the fork. See child.h.
 */
#define _GNU_SOURCE
#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void
hd_child_reset_signals(void) {
    for (int signal = 1; signal < NSIG; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP)
            (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    }
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

void
hd_child_unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

#ifdef __linux__
/*
 * The following functions use system calls directly. glibc has close_range only since 2.34, and
 * musl not at all; and opendir(3) allocates memory, which may hang after a fork.
 */
static bool
close_by_range(int first, int last) {
#    ifndef SYS_close_range
#        define SYS_close_range 436 // the same on every architecture
#    endif
    return syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0;
}

struct entry { /* linux_dirent64 */
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

/* The number that a name consists of; -1 for `.` and `..`. */
static int
number_of(const char *name) {
    int number = 0;
    if (!*name) return -1;
    for (; *name; name++) {
        if (*name < '0' || *name > '9') return -1;
        number = number * 10 + (*name - '0');
    }
    return number;
}

/*
 * Closes the listed descriptors. The kernel continues the list by number, so closing descriptors
 * does not disturb it.
 */
static bool
close_listed(int list, int first, int last) {
    _Alignas(struct entry) char buffer[4096];
    long size;
    while ((size = syscall(SYS_getdents64, list, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(buffer + at);
            int fd = number_of(entry->name);
            if (fd >= first && fd <= last && fd != list) close(fd);
            at += entry->length;
        }
    }
    return size == 0;
}

/* Used on a kernel before 5.9, or if a sandbox does not allow close_range. */
static bool
close_by_list(int first, int last) {
    static const char path[] = "/proc/self/fd";
    int list = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (list < 0 && (errno == EMFILE || errno == ENFILE)) {
        for (int fd = first; fd <= last && close(fd) != 0 && errno == EBADF; fd++) continue;
        list = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (list < 0) return false;
    bool done = close_listed(list, first, last);
    close(list);
    return done;
}
#else
static bool
close_by_range(int first, int last) {
    (void)first, (void)last;
    return false;
}

static bool
close_by_list(int first, int last) {
    (void)first, (void)last;
    return false;
}
#endif

void
hd_child_close(int first, int last) {
    // the default limit of Linux; some containers allow a thousand times as many descriptors
    enum { MOST = 1 << 20 };
    if (first > last || close_by_range(first, last) || close_by_list(first, last)) return;
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > MOST) limit = MOST;
    for (int fd = first; fd <= last && fd < limit; fd++) close(fd);
}

int
hd_pipe(int ends[2]) {
#ifdef HAVE_PIPE2
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) return -1;
    for (int i = 0; i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}
