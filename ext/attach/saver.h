/*
 * x86-64: the end of a function that stores its result where a register points, restores registers
 * and returns:
 *
 *   mov %rax, N(%reg); [xor %eax, %eax;] [add $N, %rsp;] [pop %reg; ...] ret
 *
 * A thread that returns to such code from a function, and then again, has the result in memory.
 */
#ifndef HEAPDUMP_ATTACH_SAVER_H
#define HEAPDUMP_ATTACH_SAVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HA_SAVER_BYTES = 32, HA_SAVER_WORDS = 16 };

/* Registers that a function leaves as they are. */
enum ha_base { HA_RBX, HA_RBP, HA_R12, HA_R13, HA_R14, HA_R15 };

struct ha_saver {
    enum ha_base base;
    int offset; /* of the result from what the register points at */
    int words;  /* that it takes from the stack before it returns, HA_SAVER_WORDS at most */
};

/* Whether code is such an end. */
bool ha_saver_decode(const unsigned char code[HA_SAVER_BYTES], struct ha_saver *saver);

#endif
