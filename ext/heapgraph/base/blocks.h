/*
 * Work on each of many numbers, as nodes or positions, in blocks that several threads take one
 * after the other. So a thread that comes to easy ones first does more of them.
 */
#ifndef HEAPGRAPH_BLOCKS_H
#define HEAPGRAPH_BLOCKS_H

#include "base/progress.h"

/* Does the numbers `from` … `to`-1. Returns HG_OK or what went wrong. */
typedef enum hg_status hg_do_block(void *data, unsigned thread, uint64_t from, uint64_t to);

/* By how many threads `count` numbers are done: 1 for few, and no more than HG_BLOCK_THREADS. */
unsigned hg_block_threads(uint64_t count);

#define HG_BLOCK_THREADS 8

/*
 * Calls `work` for all numbers from 0 to `count`-1, each once, in blocks of HG_STRIDE, the last of
 * which may be shorter. With 1 thread they come in ascending order. `thread` is less than
 * `threads`, and no two calls with the same one run at once. Says how far it is, as hg_step does.
 * HG_OK · HG_STOPPED · what `work` returned; after the last two some blocks may be left out.
 */
enum hg_status hg_each_block(uint64_t count, unsigned threads, struct hg_task *task,
                             hg_do_block *work, void *data) __attribute__((warn_unused_result));

#endif
