/*
 * Fills registers with a pattern, counts, and looks whether they are as they were; and a
 * function that fills them with something else, which another process may call meanwhile.
 */
#ifndef TEST_ATTACH_REGISTERS_H
#define TEST_ATTACH_REGISTERS_H

#include <stdbool.h>

/* Whether all registers were the same after `rounds` of counting. */
bool registers_stay(long rounds);

/* Returns 4711. */
long overwrite_registers(void);

#endif
