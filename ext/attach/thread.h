/*
 * One thread of another process, stopped by ptrace(2) while the other threads go on. Nothing here
 * knows a processor.
 *
 * Functions that return a bool return false after they have said in `outcome` and `words` what is
 * wrong; the first fault is kept.
 */
#ifndef HEAPDUMP_ATTACH_THREAD_H
#define HEAPDUMP_ATTACH_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum ha_outcome {
    HA_DONE,
    HA_LATER,  /* not at this moment; nothing was done */
    HA_CANNOT, /* not by this program; nothing was done */
    HA_FAILED
};

/* Why a thread stands still, or does not. */
enum ha_stop {
    HA_STOP_ASKED,  /* it was asked to, or a stop of the whole process began or ended */
    HA_STOP_SYSTEM, /* it begins or ends a system call */
    HA_STOP_SIGNAL, /* it is about to get a signal */
    HA_STOP_NONE    /* it runs still after the time that was given */
};

struct ha_thread {
    pid_t process;
    pid_t id;
    int memory; /* /proc/PROCESS/mem */
    bool seized;
    enum ha_stop stop; /* the last one */
    int signal;        /* of that stop */
    double deadline;   /* by the clock of ha_now */
    enum ha_outcome outcome;
    char words[200];
};

/* Seconds on a clock that only goes on. */
double ha_now(void);

/* Notes what is wrong, as printf(3) would print it. Returns false. */
bool ha_fault(struct ha_thread *thread, enum ha_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Opens the memory of the process. The thread need not be stopped for it. */
bool ha_thread_open(struct ha_thread *thread, pid_t process, pid_t id);

/*
 * Stops the thread, within `seconds`. When this program ends, at whatever moment and by whatever
 * cause, the kernel lets the thread go on with the registers that it then has.
 */
bool ha_thread_stop(struct ha_thread *thread, double seconds);

/* Lets it go on until the next stop. `request` is PTRACE_CONT, or PTRACE_SYSCALL. */
bool ha_thread_go(struct ha_thread *thread, int request, int signal);

/* Asks it to stop; the stop comes after the next ha_thread_go. */
bool ha_thread_interrupt(struct ha_thread *thread);

/* Waits for a stop until the deadline, and notes it. */
bool ha_thread_wait(struct ha_thread *thread);

/* Ends the tracing. The thread goes on. */
bool ha_thread_release(struct ha_thread *thread);

/* Reads or writes its memory: all of it, or a fault. The words say what was wanted. */
bool ha_thread_read(struct ha_thread *thread, uint64_t address, void *bytes, size_t size,
                    const char *what);
bool ha_thread_write(struct ha_thread *thread, uint64_t address, const void *bytes, size_t size,
                     const char *what);

/*
 * Whether its stack reaches from `top` down to an address, or grows so far when it is asked to: no
 * guard page is between. A small stack in the middle of other memory is not told from a large one.
 */
bool ha_thread_has_stack(struct ha_thread *thread, uint64_t address, uint64_t top);

/* A set of registers (NT_… of elf.h). Returns its size in bytes, 0 where the thread has none. */
size_t ha_thread_registers(struct ha_thread *thread, int set, void *bytes, size_t room);
bool ha_thread_set_registers(struct ha_thread *thread, int set, const void *bytes, size_t size);

/* The signals that it blocks. */
bool ha_thread_blocked(struct ha_thread *thread, uint64_t *signals);
bool ha_thread_block(struct ha_thread *thread, uint64_t signals);

#endif
