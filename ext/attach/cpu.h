/*
 * The registers of a stopped thread, and the way back from a call that it is made to do.
 *
 * The way back is what the kernel itself puts on the stack of a thread that gets a signal: a frame
 * with all registers, and the signals that were blocked. A function that is called returns to code
 * of the C library (or of the kernel, in the vdso) which calls rt_sigreturn(2), and that restores
 * everything from the frame. While this program lives, it stops the thread before that. If it has
 * ended, the thread goes back alone.
 *
 * There is one implementation for each processor: x86_64.c, aarch64.c.
 */
#ifndef HEAPDUMP_ATTACH_CPU_H
#define HEAPDUMP_ATTACH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "thread.h"

enum { HA_ARGUMENTS = 6 };

/* Addresses in the process: code that is used on the way back. */
struct ha_way {
    uint64_t restorer; /* calls rt_sigreturn */
    uint64_t saver;    /* stores the result of a function, where the restorer would lose it; or 0 */
};

struct ha_cpu;

/*
 * Reads all registers of the stopped thread and checks that calls can be made in it, and that
 * `way` leads to such code. Changes nothing. There is only one at a time. NULL after a fault.
 */
struct ha_cpu *ha_cpu_read(struct ha_thread *thread, const struct ha_way *way);

/* Where the thread was when it was stopped. */
uint64_t ha_cpu_counter(const struct ha_cpu *cpu);

/*
 * Writes the frame to a part of the stack that nothing uses. `blocked` are the signals that will be
 * blocked after the way back. Everything below needs the frame.
 */
bool ha_cpu_write_frame(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t blocked);

/* Sets the registers so that the thread goes the way back. */
bool ha_cpu_lead_back(struct ha_thread *thread, struct ha_cpu *cpu);

/* Sets the registers so that the thread calls a function and then goes the way back. */
bool ha_cpu_lead_to(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t function,
                    const uint64_t arguments[HA_ARGUMENTS]);

/* Call it at a stop at a system call: whether it is the one at which the way back ends. */
bool ha_cpu_is_back(struct ha_thread *thread, struct ha_cpu *cpu, bool *back);

/* The result of the function, where ha_cpu_is_back has said that it is back. */
bool ha_cpu_result(struct ha_thread *thread, struct ha_cpu *cpu, uint64_t *result);

/*
 * At the same stop: replaces the system call by one that does nothing and that each filter of
 * system calls allows. The way back begins anew after it.
 */
bool ha_cpu_wait_there(struct ha_thread *thread, struct ha_cpu *cpu);

/*
 * Sets all registers as they were read. The thread must be in a stop that it was asked for, or
 * about to get a signal: there the kernel restarts a system call that the first stop interrupted.
 */
bool ha_cpu_restore(struct ha_thread *thread, struct ha_cpu *cpu);

#endif
