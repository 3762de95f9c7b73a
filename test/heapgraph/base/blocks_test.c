/*
 * Work in blocks: every number is done once, whatever the count and the number of threads, and it
 * ends where it is told to. And the best of several threads are those of one.
 */
#include "base/blocks.h"

#include <string.h>

#include "../check.h"
#include "base/best.h"

static struct hg_task task;

#define MOST (6 * HG_STRIDE)

struct counting {
    uint64_t count;
    uint8_t *done; /* by number */
    unsigned threads;
    bool ordered;
    uint64_t next, wrong_at;
};

static enum hg_status
count_block(void *data, unsigned thread, uint64_t from, uint64_t to) {
    struct counting *counting = data;
    CHECK(thread < counting->threads);
    CHECK(from % HG_STRIDE == 0 && from < to && to <= counting->count);
    CHECK(to == counting->count || to - from == HG_STRIDE);
    if (counting->ordered) CHECK_EQUAL(counting->next, from);
    if (counting->ordered) counting->next = to;
    for (uint64_t i = from; i < to; i++) counting->done[i]++;
    bool wrong = from <= counting->wrong_at && counting->wrong_at < to;
    return wrong ? HG_NO_MEMORY : HG_OK;
}

static void
check_counts(uint64_t count, unsigned threads) {
    uint8_t *done = calloc(MOST + 1, 1);
    struct counting counting = {count, done, threads, threads == 1, 0, UINT64_MAX};
    CHECK_EQUAL(HG_OK, hg_each_block(count, threads, &task, count_block, &counting));
    for (uint64_t i = 0; i <= MOST; i++) CHECK_EQUAL(i < count, done[i]);

    if (count) {
        counting = (struct counting){count, done, threads, threads == 1, 0, count / 2};
        CHECK_EQUAL(HG_NO_MEMORY, hg_each_block(count, threads, &task, count_block, &counting));
        memset(done, 0, MOST + 1);
        task.stop = 1;
        CHECK_EQUAL(HG_STOPPED, hg_each_block(count, threads, &task, count_block, &counting));
        task.stop = 0;
        for (uint64_t i = 0; i <= MOST; i++) CHECK_EQUAL(0, done[i]);
    }
    free(done);
}

/* Whatever part of the candidates each has seen. */
static void
check_join(struct random *random) {
    struct hg_best all = {.room = random_below(random, 20)}, joined = {.room = all.room};
    struct hg_best some[3] = {{.room = all.room}, {.room = all.room}, {.room = all.room}};
    for (uint32_t node = random_below(random, 60); node > 0; node--) {
        uint64_t score = random_below(random, 8);
        CHECK(hg_best_offer(&all, score, node));
        CHECK(hg_best_offer(&some[random_below(random, 3)], score, node));
    }
    for (int i = 0; i < 3; i++) {
        CHECK(hg_best_join(&joined, &some[i]));
        hg_best_free(&some[i]);
    }
    hg_best_sort(&all);
    hg_best_sort(&joined);
    CHECK_EQUAL(all.count, joined.count);
    for (size_t i = 0; i < all.count; i++) {
        CHECK_EQUAL(all.items[i].score, joined.items[i].score);
        CHECK_EQUAL(all.items[i].node, joined.items[i].node);
    }
    hg_best_free(&all);
    hg_best_free(&joined);
}

int
main(void) {
    static const uint64_t COUNTS[] = {0, 1, HG_STRIDE - 1, HG_STRIDE, HG_STRIDE + 1, MOST};
    for (size_t i = 0; i < sizeof(COUNTS) / sizeof(*COUNTS); i++)
        for (unsigned threads = 1; threads <= HG_BLOCK_THREADS; threads++)
            check_counts(COUNTS[i], threads);
    CHECK_EQUAL(1, hg_block_threads(0));
    CHECK_EQUAL(1, hg_block_threads(HG_STRIDE - 1));
    CHECK(hg_block_threads(UINT64_MAX) <= HG_BLOCK_THREADS);
    for (check_seed = 0; check_seed < check_seeds(4000); check_seed++) {
        struct random random = {check_seed};
        check_join(&random);
    }
    return 0;
}
