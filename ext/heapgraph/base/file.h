/*
 * Reads from files, and writes to them, until all bytes are there, whatever signals and short calls
 * come between.
 */
#ifndef HEAPGRAPH_FILE_H
#define HEAPGRAPH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads `size` bytes from `offset` on. Returns how many it has read: fewer only at the end of the
 * file, -1 with errno after an error.
 */
ssize_t hg_read_at(int fd, void *to, size_t size, uint64_t offset);

/* Writes `size` bytes to `offset`. Returns false with errno after an error. */
bool hg_write_at(int fd, const void *from, size_t size, uint64_t offset);

#endif
