/*
 * A clock that is never set back. No ruby.h.
 */
#ifndef HEAPDUMP_CLOCK_H
#define HEAPDUMP_CLOCK_H

/* The time of the monotonic clock, in seconds. */
double hd_now(void);

/* The same of a clock that goes on while the machine sleeps, where there is one. */
double hd_now_with_sleep(void);

#endif
