/*
 * Memory in chunks of one huge page. A chunk that is given back is kept for the next caller: the
 * lists of the records, the arrays of the graph and those of its tree are needed one after the
 * other, and the first touch of fresh memory costs more than most of the work that is done with it.
 *
 * The kernel may take the memory of a kept chunk at any time (MADV_FREE). Any thread may call these
 * functions.
 */
#ifndef HEAPGRAPH_CHUNK_H
#define HEAPGRAPH_CHUNK_H

#include <stddef.h>

#define HG_CHUNK ((size_t)2 << 20)

/* Returns a chunk, aligned to its size. It holds anything. NULL if there is no memory. */
void *hg_chunk(void) __attribute__((warn_unused_result));

/*
 * Returns as many consecutive chunks as hold `bytes` bytes. The first *used bytes of them have been
 * used before and hold anything; the rest is fresh and zeroed. NULL if there is no memory.
 */
void *hg_chunks(size_t bytes, size_t *used) __attribute__((warn_unused_result));

/*
 * Returns `bytes` bytes of fresh memory, whole pages, aligned to a chunk. No part of it is on huge
 * pages, so pages that are never touched take no memory. NULL if there is no memory.
 */
void *hg_chunks_sparse(size_t bytes) __attribute__((warn_unused_result));

/* Takes back `count` consecutive chunks that any function above has returned. */
void hg_chunks_keep(void *chunks, size_t count);

/* Gives all kept chunks back to the kernel. */
void hg_chunks_release(void);

#endif
