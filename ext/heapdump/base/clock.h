/*
 * Time that only goes on. No ruby.h.
 */
#ifndef HEAPDUMP_CLOCK_H
#define HEAPDUMP_CLOCK_H

/* Seconds of the monotonic clock. */
double hd_now(void);

#endif
