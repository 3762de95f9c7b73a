/*
 * Guarded calls: the dump goes on when the reading of one object fails. An extension's mark or size
 * function may raise, crash, call exit() or wait for ever; MRI may find a bug in itself or run out
 * of memory. The other objects are still written, and the dump comes to its end.
 *
 * In the process that is dumped, a guarded call comes back only from what is raised: a crash there
 * is the application's. In a forked child, where hd_guard_install was called, it comes back from
 * all of these, and nothing leaves the process but by _exit(2).
 */
#ifndef HEAPDUMP_GUARD_H
#define HEAPDUMP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "out/sink.h"

/* The outcome of a guarded call: 0 if it returned, a signal's number if it crashed, or one of: */
enum hd_outcome {
    HD_RETURNED = 0,
    HD_RAISED = -1,
    HD_OUT_OF_MEMORY = -2,
    HD_HUNG = -3,
    HD_EXITED = -4
};

/*
 * Registers with MRI's bug reporter. Call it once, from Init. In a process in which no guarded call
 * runs after hd_guard_install, this has no effect.
 */
void hd_guard_init(void);

/*
 * Call this in a forked child before anything else. Runs fn(arg), which ends the process by _exit.
 * If anything else leaves fn, the process ends too, so that no code of the application goes on:
 * when MRI unwinds the stack, when a continuation is called, and, within a twentieth of a second,
 * after a longjmp to a frame of the application. Does not return.
 */
void hd_guard_confine(void (*fn)(void *), void *arg) __attribute__((noreturn));

/*
 * Call this where the application asks for a dump. In a confined process the application must not
 * run; if it does, and comes here, this ends the process.
 */
void hd_guard_check_in(void);

/*
 * Call this in a forked child before the first guarded call, and again in each process that the
 * child forks. Installs handlers for signals, with a stack of their own, a function that exit()
 * runs before all others, and a clock. The clock decides that a guarded call has hung when for
 * `patience` seconds (1 or more) the same object was being read, while no bytes left `out` and
 * `out` was not waiting itself. Returns 0 or an errno; after an error no object may be read.
 */
int hd_guard_install(const struct hd_sink *out, int patience);

/*
 * Call this after each call of an extension's function. If the function has forked, it returns in
 * the new process too: this ends that process.
 */
void hd_guard_stay(void);

/* In the process that is dumped: hd_guard_stay has an effect from `true` on until `false`. */
void hd_guard_stay_here(bool here);

/*
 * Calls fn(arg) and returns its outcome: 0, a signal or an enum hd_outcome. An exception is
 * dropped; in the process that is dumped, hd_guard_settle raises some of them again. Guarded calls
 * may be nested: a failure ends the innermost one.
 */
int hd_guard(void (*fn)(void *), void *arg);

/*
 * The errno that ends a dump for the outcome of a guarded call that does more than read one object:
 * 0 if the call returned, ENOMEM if memory ran out, EOVERFLOW if the stack did, EFAULT after any
 * other failure. It must be the last guarded call.
 */
int hd_error_of(int outcome);

/*
 * Call this in the process that is dumped, after everything else has been tidied up. Repairs the
 * state that running out of memory has left in MRI. Then raises again what was caught in a guarded
 * call but came from a signal handler of the application: exit, Interrupt, any exception but a
 * StandardError or a ScriptError. Those two are not raised again, because they cannot be told from
 * exceptions that the extension's function raised itself.
 */
void hd_guard_settle(void);

/*
 * hd_guard_reading is true while objects are being read: only then does the clock look for calls
 * that hang. hd_guard_beat reports that the next object is being read.
 */
extern volatile uint64_t hd_guard_beats;
extern volatile bool hd_guard_reading;
static inline void
hd_guard_beat(void) {
    hd_guard_beats++;
}

#endif
