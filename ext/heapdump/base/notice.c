/*
 * See notice.h.
 */
#include "base/notice.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

bool
hd_notice(const char *text, size_t n) {
    // O_NONBLOCK would also change stderr for all processes that share it. When poll(2) says that a
    // pipe is writable, it takes PIPE_BUF bytes without waiting.
    struct pollfd stderr_poll = {.fd = STDERR_FILENO, .events = POLLOUT};
    int error = errno;
    bool done = false;
    if (n > PIPE_BUF) n = PIPE_BUF;
    char shown[PIPE_BUF];
    for (size_t i = 0; i < n; i++) {
        bool ends = text[i] == '\n' && i + 1 == n;
        bool is_control = (unsigned char)text[i] < ' ' || text[i] == '\x7F';
        shown[i] = is_control && !ends ? '?' : text[i];
    }
    if (poll(&stderr_poll, 1, 0) == 1 && stderr_poll.revents == POLLOUT) {
        done = write(STDERR_FILENO, shown, n) == (ssize_t)n;
    }
    errno = error;
    return done;
}
