/*
 * Lines of /proc/PID/maps; see maps.h.
 */
#include "base/maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "from-to rwxp offset device inode   path" */
static bool
parse(char *line, struct hd_mapping *mapping) {
    enum { OFFSET_DEVICE_INODE = 3, MODE = 4 };
    char *at = line;
    mapping->start = (uintptr_t)strtoull(at, &at, 16);
    if (*at++ != '-') return false;
    mapping->end = (uintptr_t)strtoull(at, &at, 16);
    if (*at++ != ' ' || strlen(at) < MODE) return false;
    mapping->readable = at[0] == 'r';
    mapping->writable = at[1] == 'w';
    mapping->executable = at[2] == 'x';
    mapping->shared = at[3] == 's';
    at += MODE;
    for (int i = 0; i < OFFSET_DEVICE_INODE; i++) {
        at += strspn(at, " ");
        at += strcspn(at, " ");
    }
    mapping->path = at + strspn(at, " ");
    return true;
}

bool
hd_maps_each(int fd, void (*fn)(const struct hd_mapping *, void *), void *data) {
    enum { SIZE = 16 << 10 };
    char buffer[SIZE + 1];
    size_t have = 0;
    for (;;) {
        ssize_t n = read(fd, buffer + have, SIZE - have);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0 && have == 0;
        have += (size_t)n;
        buffer[have] = '\0';
        char *line = buffer, *end;
        for (; (end = strchr(line, '\n')); line = end + 1) {
            struct hd_mapping mapping;
            *end = '\0';
            if (parse(line, &mapping)) fn(&mapping, data);
        }
        have -= (size_t)(line - buffer);
        memmove(buffer, line, have);
        if (have == SIZE) return false;
    }
}
