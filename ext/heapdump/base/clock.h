/*
 * A clock that is never set back. No ruby.h.
 */
#ifndef HEAPDUMP_CLOCK_H
#define HEAPDUMP_CLOCK_H

/* The time of the monotonic clock, in seconds. */
double hd_now(void);

#endif
