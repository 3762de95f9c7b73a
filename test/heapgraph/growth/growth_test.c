/*
 * Trails, of which there are as many as ways in a heap, and the texts of their steps.
 */
#include <string.h>

#include "../check.h"
#include "growth/growth_steps.h"
#include "growth/growth_trails.h"

uint64_t check_seed;

enum { PARENTS = 300, STEPS = 200 };

/* Each step from each trail leads to a trail of its own, the same each time. */
static void
check_trails(void) {
    static uint32_t parent[PARENTS], to[PARENTS][STEPS];
    struct hg_trails trails;
    CHECK(hg_trails_init(&trails));
    for (uint32_t i = 0; i < PARENTS; i++) {
        parent[i] = hg_trails_follow(&trails, 0, 1000000 + i, true);
        CHECK_EQUAL(i + 1, parent[i]);
    }
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < PARENTS; i++) {
            for (uint32_t step = 0; step < STEPS; step++) {
                uint32_t trail = hg_trails_follow(&trails, parent[i], step + 1, true);
                if (round == 0) to[i][step] = trail;
                CHECK_EQUAL(to[i][step], trail);
                CHECK_EQUAL(1 + PARENTS + i * STEPS + step, trail);
                CHECK_EQUAL(parent[i], trails.items[trail].parent);
                CHECK_EQUAL(step + 1, trails.items[trail].step);
            }
        }
    }
    CHECK_EQUAL(1 + PARENTS + PARENTS * STEPS, trails.count);
    /* A name that is on the way already leads back to where it was. */
    CHECK_EQUAL(parent[7], hg_trails_follow(&trails, to[7][3], 1000007, true));
    hg_trails_free(&trails);
}

static uint64_t
hash_of(const char *text) {
    return hg_steps_text(text, strlen(text));
}

static void
check_texts(void) {
    /* Pairs that are one; what is a number stands anywhere. */
    static const char *const same[][2] = {
        {"a1", "a23456"},
        {"7 up", "15 up"},
        {"k-1abcdefab-x", "k-2bcdefabc-x"},
        {"deadbee7", "0"},
        {"job 12 of 30", "job 1 of 2"},
        {"12345678", "abcdef12"},
    };
    static const char *const different[][2] = {
        {"a1", "b1"},
        {"a", "a1"},
        {"deadbeef", "cafebabe"}, /* no decimal digit in it: a word */
        {"abc1", "abd1"},         /* too short for a number, but for its digit */
        {"1", "1 "},
        {"", "1"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        check_seed = i;
        CHECK_EQUAL(hash_of(same[i][0]), hash_of(same[i][1]));
    }
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        check_seed = i;
        CHECK(hash_of(different[i][0]) != hash_of(different[i][1]));
        CHECK(hash_of(different[i][0]) != 0);
    }
}

int
main(void) {
    check_trails();
    check_texts();
    return 0;
}
