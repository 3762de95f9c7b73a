/*
 * Preloaded into an application, ends the leader of a dump at a place outside of all objects:
 *
 *   CRASH_AT       "prctl": just forked, nothing is guarded; "pipe2": the head is written
 *   CRASH_SIGNAL   the signal that it sends to itself there
 *   CRASH_TIMES    how many leaders; each adds a byte to
 *   CRASH_FILE
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
crash_at(const char *place) {
    char name[16] = "";
    const char *at = getenv("CRASH_AT");
    struct stat stat;
    syscall(SYS_prctl, PR_GET_NAME, name, 0, 0, 0);
    if (strcmp(name, "heapdump") != 0 || !at || strcmp(at, place) != 0) return;

    int fd = open(getenv("CRASH_FILE"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &stat) != 0) abort();
    int left = atoi(getenv("CRASH_TIMES")) - (int)stat.st_size;
    if (left > 0 && write(fd, "x", 1) != 1) abort();
    close(fd);
    if (left > 0) kill(getpid(), atoi(getenv("CRASH_SIGNAL")));
}

int
prctl(int option, ...) {
    va_list list;
    va_start(list, option);
    unsigned long arguments[4];
    for (int i = 0; i < 4; i++) arguments[i] = va_arg(list, unsigned long);
    va_end(list);
    if (option == PR_SET_PDEATHSIG) crash_at("prctl");
    return (int)syscall(SYS_prctl, option, arguments[0], arguments[1], arguments[2], arguments[3]);
}

int
pipe2(int fds[2], int flags) {
    crash_at("pipe2");
    return (int)syscall(SYS_pipe2, fds, flags);
}
