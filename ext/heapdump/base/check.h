/*
 * Contracts that are checked as the dumper runs, in a build with assertions (HEAPDUMP_CHECK=1 when
 * the extension is compiled; the suite, the sanitizers and valgrind use that). In any other build
 * HD_CHECK costs nothing and its condition is not evaluated. No ruby.h.
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
 * Tells which contract was broken, on stderr and in the file that HEAPDUMP_CHECK_LOG names (a child
 * has no stderr), and ends the process by SIGABRT, which nothing of ours catches then.
 */
void hd_check_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

#endif
