/*
 * See clock.h.
 */
#include "base/clock.h"

#include <time.h>

#ifndef CLOCK_BOOTTIME
#    define CLOCK_BOOTTIME CLOCK_MONOTONIC
#endif

static double
now_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double
hd_now(void) {
    return now_of(CLOCK_MONOTONIC);
}

double
hd_now_with_sleep(void) {
    return now_of(CLOCK_BOOTTIME);
}
