/*
 * Files read in full, whatever signals and short answers come between.
 */
#ifndef HEAPGRAPH_FILE_H
#define HEAPGRAPH_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads `size` bytes from `offset` on; less than that at the end of the file only. -1 with errno. */
ssize_t hg_read_at(int fd, void *to, size_t size, uint64_t offset);

#endif
