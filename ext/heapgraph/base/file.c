/*
 * Reading and writing files; see file.h.
 */
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

ssize_t
hg_read_at(int fd, void *to, size_t size, uint64_t offset) {
    size_t got = 0;
    while (got < size) {
        ssize_t part = pread(fd, (char *)to + got, size - got, (off_t)(offset + got));
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return -1;
        if (part == 0) break;
        got += (size_t)part;
    }
    return (ssize_t)got;
}

bool
hg_write_at(int fd, const void *from, size_t size, uint64_t offset) {
    const char *at = from;
    while (size) {
        ssize_t part = pwrite(fd, at, size, (off_t)offset);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return false;
        at += part;
        size -= (size_t)part;
        offset += (uint64_t)part;
    }
    return true;
}
