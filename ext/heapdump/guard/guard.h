/*
 * Reading one object, whatever happens. An extension's mark or size function may raise, crash, call
 * exit() or wait for ever, and MRI may find a bug or no memory; that is no reason to give up the
 * other objects, and none to leave a dump half done.
 *
 * In the process that is dumped only what is raised comes back: a crash there is the application's.
 * In a forked child, where hd_guard_install was called, everything does, and there is no way out of
 * the process but _exit(2).
 */
#ifndef HEAPDUMP_GUARD_H
#define HEAPDUMP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "out/sink.h"

/* What became of a guarded call: 0 if it returned, the number of a signal if it crashed, or: */
enum hd_outcome {
    HD_RETURNED = 0,
    HD_RAISED = -1,
    HD_OUT_OF_MEMORY = -2,
    HD_HUNG = -3,
    HD_EXITED = -4
};

/* Once, from Init: registers with MRI's bug reporter. Does nothing in processes without a guard. */
void hd_guard_init(void);

/*
 * In a child, at once: runs fn(arg), which ends the process by _exit. Whatever else would leave it
 * ends the process, too, and nothing of the application runs: what MRI unwinds, a continuation that is
 * called, and within a twentieth of a second a longjmp to below of this. Does not return.
 */
void hd_guard_confine(void (*fn)(void *), void *arg) __attribute__((noreturn));

/* Where the application asks for a dump: ends a process that should be confined, and runs it. */
void hd_guard_check_in(void);

/*
 * In a child, before anything is guarded, and in each that it forks: signal handlers on a stack of
 * their own, what exit() runs first, and a clock. A guarded call has hung when for `patience` seconds
 * (1 or more) the same object was being read, and nothing left `out`, which is not waiting itself.
 * Returns 0 or an errno: then nothing may be read.
 */
int hd_guard_install(const struct hd_sink *out, int patience);

/* Behind a call of an extension's function: ends the process if that has forked it off. */
void hd_guard_stay(void);

/*
 * Calls fn(arg) and tells what became of it: 0, a signal or an enum hd_outcome. What is raised is
 * thrown away. Guards may be nested; it is the innermost one that a failure comes back to.
 */
int hd_guard(void (*fn)(void *), void *arg);

/* The errno for what became of a guarded call outside of any object; 0 if it returned. */
int hd_error_of(int outcome);

/*
 * In the process that is dumped, once everything else is tidied up: brings back to order what
 * running out of memory has left in MRI, and raises what no extension's function raised for itself
 * but a signal's handler meanwhile: exit, Interrupt, any exception but a StandardError or a
 * ScriptError, which cannot be told from the function's own.
 */
void hd_guard_settle(void);

/* An object is being read from now on; and the next one. Only then can something hang. */
extern volatile uint64_t hd_guard_beats;
extern volatile bool hd_guard_reading;
static inline void
hd_guard_beat(void) {
    hd_guard_beats++;
}

#endif
