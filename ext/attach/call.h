/*
 * Calls of functions in a stopped thread.
 *
 * From ha_hold to ha_let_go this is so at every moment: if this program is killed, the thread goes
 * on where it was (cpu.h). Signals that come meanwhile wait in the kernel: the thread blocks them.
 */
#ifndef HEAPDUMP_ATTACH_CALL_H
#define HEAPDUMP_ATTACH_CALL_H

#include "cpu.h"
#include "thread.h"

struct ha_held {
    struct ha_thread *thread;
    struct ha_cpu *cpu;
    uint64_t blocked; /* the signals that the thread blocked before */
    double since;     /* by the clock of ha_now */
};

/* Stops the thread and prepares the way back. After a fault it goes on as if nothing had been. */
bool ha_hold(struct ha_held *held, struct ha_thread *thread, const struct ha_way *way);

/*
 * Calls a function. It has to be one that a handler of signals may call at any moment. If it does
 * not return in time, the thread is left to it, and goes back alone when it has returned.
 */
bool ha_call(struct ha_held *held, uint64_t function, const uint64_t arguments[HA_ARGUMENTS],
             uint64_t *result);

/* Restores everything and lets the thread go on. Returns for how many seconds it was held. */
double ha_let_go(struct ha_held *held);

#endif
