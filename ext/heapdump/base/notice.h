/*
 * Writes lines to stderr where Ruby's own IO must not be used: a signal handler must not wait for a
 * lock, for a reader, or for another fiber.
 */
#ifndef HEAPDUMP_NOTICE_H
#define HEAPDUMP_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes a line of n bytes to descriptor 2 if poll(2) says that it takes some. What is too long for
 * PIPE_BUF is cut off, but not a newline at the end. A pipe then takes all of them without waiting,
 * unless another process fills it at this very moment; a file or a terminal takes as long as its
 * device. Each byte that is no UTF-8, or of a character that may disguise the text (text.rb has the
 * same list), becomes "?", except a newline at the end. Otherwise, or if the descriptor is closed,
 * writes nothing and returns false. Returns false also if only a part could be written. errno stays
 * as it was.
 */
bool hd_notice(const char *text, size_t n);

#endif
