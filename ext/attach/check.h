/*
 * Checks of contracts in a build with assertions (HEAPDUMP_CHECK=1 when attach is compiled). One
 * that fails ends this program, which harms no process (cpu.h). In any other build HA_CHECK costs
 * nothing.
 */
#ifndef HEAPDUMP_ATTACH_CHECK_H
#define HEAPDUMP_ATTACH_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#ifdef HEAPDUMP_CHECK
#    define HA_CHECK(condition)                                                                    \
        ((condition) ? (void)0                                                                     \
                     : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition), abort()))
#else
#    define HA_CHECK(condition) ((void)sizeof((condition) ? 1 : 0))
#endif

#endif
