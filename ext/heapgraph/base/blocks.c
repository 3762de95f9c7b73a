/* See blocks.h. */
#include "base/blocks.h"

struct blocks {
    uint64_t count;
    struct hg_task *task;
    hg_do_block *work;
    void *data;
    _Atomic uint64_t next; /* the first number that no thread has */
    _Atomic enum hg_status status;
};

unsigned
hg_block_threads(uint64_t count) {
    uint64_t blocks = count / HG_STRIDE + 1;
    unsigned threads = hg_processors();
    if (threads > HG_BLOCK_THREADS) threads = HG_BLOCK_THREADS;
    return blocks < threads ? (unsigned)blocks : threads;
}

static void
take_blocks(void *data, unsigned thread) {
    struct blocks *blocks = data;
    while (blocks->status == HG_OK) {
        uint64_t from = atomic_fetch_add(&blocks->next, HG_STRIDE), to = from + HG_STRIDE;
        if (from >= blocks->count) return;
        enum hg_status status = HG_STOPPED;
        if (hg_step(blocks->task, from))
            status = blocks->work(blocks->data, thread, from,
                                  to < blocks->count ? to : blocks->count);
        if (status != HG_OK) blocks->status = status;
    }
}

enum hg_status
hg_each_block(uint64_t count, unsigned threads, struct hg_task *task, hg_do_block *work,
              void *data) {
    struct blocks blocks = {.count = count, .task = task, .work = work, .data = data};
    if (threads > 1) hg_parallel(threads, take_blocks, &blocks);
    else take_blocks(&blocks, 0);
    return blocks.status;
}
