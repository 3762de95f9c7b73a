/*
 * See notice.h.
 */
#include "base/notice.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

/* The same as HARMFUL of lib/heapdump/terminal/text.rb. */
static bool
is_harmful(uint32_t code) {
    static const uint32_t ranges[][2] = {{0, 0x1F},        {0x7F, 0x9F},     {0x61C, 0x61C},
                                         {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
                                         {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1]) return true;
    }
    return false;
}

/*
 * The number of bytes of the character of UTF-8 at `text`, which has n bytes; 0 if it is none that
 * can be shown.
 */
static size_t
harmless(const char *text, size_t n) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t size = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size == 0 || size > n || first > 0xF4) return 0;
    uint32_t code = size == 1 ? first : first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80) return 0;
        code = code << 6 | ((unsigned char)text[i] & 0x3F);
    }
    bool is_character = code >= least[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return is_character && !is_harmful(code) ? size : 0;
}

bool
hd_notice(const char *text, size_t n) {
    // O_NONBLOCK would also change stderr for all processes that share it. When poll(2) says that a
    // pipe is writable, it takes PIPE_BUF bytes without waiting.
    struct pollfd stderr_poll = {.fd = STDERR_FILENO, .events = POLLOUT};
    int error = errno;
    bool done = false, is_line = n > 0 && text[n - 1] == '\n';
    if (is_line) n--;
    if (n > PIPE_BUF - 1) n = PIPE_BUF - 1;
    char shown[PIPE_BUF];
    for (size_t i = 0; i < n;) {
        size_t size = harmless(text + i, n - i);
        if (size == 0) shown[i++] = '?';
        for (; size > 0; size--, i++) shown[i] = text[i];
    }
    if (is_line) shown[n++] = '\n';
    if (poll(&stderr_poll, 1, 0) == 1 && stderr_poll.revents == POLLOUT) {
        done = write(STDERR_FILENO, shown, n) == (ssize_t)n;
    }
    errno = error;
    return done;
}
