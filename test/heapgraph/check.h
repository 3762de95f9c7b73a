/*
 * What a C test needs: checks that say where they failed and on which seed, and random numbers that
 * are the same on every machine.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What the running test works on: printed when a check fails. */
extern uint64_t check_seed;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: seed %llu: not so: %s\n", __FILE__, __LINE__,                  \
                    (unsigned long long)check_seed, #condition);                                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define CHECK_EQUAL(wanted, got)                                                                   \
    do {                                                                                           \
        uint64_t check_wanted = (wanted), check_got = (got);                                       \
        if (check_wanted != check_got) {                                                           \
            fprintf(stderr, "%s:%d: seed %llu: %s is %llu, not %llu\n", __FILE__, __LINE__,        \
                    (unsigned long long)check_seed, #got, (unsigned long long)check_got,           \
                    (unsigned long long)check_wanted);                                             \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/*
 * How many random cases a test looks at: all of them in the long form (HEAPDUMP_TEST_LONG=1, see
 * test/support/long_form.rb), a quarter in the quick one.
 */
static inline uint64_t
check_seeds(uint64_t all) {
    const char *form = getenv("HEAPDUMP_TEST_LONG");
    return form && form[0] == '1' ? all : all / 4;
}

struct random {
    uint64_t state;
};

static inline uint64_t
random_next(struct random *random) {
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 … limit-1 */
static inline uint32_t
random_below(struct random *random, uint32_t limit) {
    return (uint32_t)((random_next(random) >> 32) * limit >> 32);
}

/* True `percent` times of a hundred. */
static inline bool
random_chance(struct random *random, uint32_t percent) {
    return random_below(random, 100) < percent;
}

#endif
