/*
 * Checks of contracts while the dumper runs, in a build with assertions (HEAPDUMP_CHECK=1 when the
 * extension is compiled; the suite, the sanitizers and valgrind use such a build). In any other
 * build HD_CHECK costs nothing and its condition is not evaluated. No ruby.h.
 */
#ifndef HEAPDUMP_CHECK_H
#define HEAPDUMP_CHECK_H

#ifdef HEAPDUMP_CHECK
#    define HD_CHECKED 1
#    define HD_CHECK(condition)                                                                    \
        ((condition) ? (void)0 : hd_check_failed(#condition, __FILE__, __LINE__))
#else
#    define HD_CHECKED 0
#    define HD_CHECK(condition) ((void)sizeof((condition) ? 1 : 0))
#endif

/*
 * Writes which contract was broken to stderr and to the file that HEAPDUMP_CHECK_LOG names (a
 * forked child has no stderr). Then ends the process by SIGABRT, whose handler is removed before.
 */
void hd_check_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

#endif
