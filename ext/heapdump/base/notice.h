/*
 * Lines on stderr from places where Ruby's own IO must not be used: a signal handler may not wait
 * for a lock, for a reader, or for another fiber.
 */
#ifndef HEAPDUMP_NOTICE_H
#define HEAPDUMP_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes n bytes (PIPE_BUF at most, the rest is cut off) to the descriptor 2 if that can be done
 * at once; otherwise, or where it is closed, nothing is written and false returned. Keeps errno.
 */
bool hd_notice(const char *text, size_t n);

#endif
