/*
 * Memory by the huge page, of which what is given back is kept for whoever needs some next: the
 * lists of the records and the arrays of the graph and its tree come after each other, and the first
 * touch of fresh memory costs more than most of what is done with it.
 *
 * What is kept the kernel may take at any time (MADV_FREE). Any thread may call.
 */
#ifndef HEAPGRAPH_CHUNK_H
#define HEAPGRAPH_CHUNK_H

#include <stddef.h>

#define HG_CHUNK ((size_t)2 << 20)

/* A chunk, aligned to its size; what stands in it is anything. NULL without memory. */
void *hg_chunk(void) __attribute__((warn_unused_result));

/*
 * As many chunks in a row as hold `bytes`: *used bytes of them, from the beginning on, have been used
 * before and hold anything, the rest is fresh and zeroed. NULL without memory.
 */
void *hg_chunks(size_t bytes, size_t *used) __attribute__((warn_unused_result));

/* Fresh memory, whole pages, aligned to a chunk, that may stay untouched: no part is on huge pages. */
void *hg_chunks_sparse(size_t bytes) __attribute__((warn_unused_result));

/* Takes back `count` chunks in a row, of whatever function above. */
void hg_chunks_keep(void *chunks, size_t count);

/* Gives all that is kept back to the kernel. */
void hg_chunks_release(void);

#endif
