/*
 * See clock.h.
 */
#include "base/clock.h"

#include <time.h>

double
hd_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
