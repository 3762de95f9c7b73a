/*
 * A broken contract; see check.h.
 */
#include "base/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
hd_check_failed(const char *condition, const char *file, int line) {
    char text[512];
    int n = snprintf(text, sizeof text, "heapdump: process %ld broke a contract: %.300s (%s:%d)\n",
                     (long)getpid(), condition, file, line);
    size_t size = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    const char *log = getenv("HEAPDUMP_CHECK_LOG");
    int fds[] = {STDERR_FILENO, log ? open(log, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1};
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0 && write(fds[i], text, size) < 0) continue;
    }
    signal(SIGABRT, SIG_DFL);
    abort();
}
