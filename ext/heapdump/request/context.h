/*
 * Collects what a dump needs from Ruby, as plain C memory: the header, the values of global
 * variables, the names and states of threads, and which memory the process has. The only code of
 * the application that is called are the getters of global variables that its C code has defined.
 * If a getter raises, its variable is left out and the exception is dropped. But what a signal
 * handler of the application raises is not dropped, unless it is a StandardError and comes while
 * such a getter runs.
 *
 * There are two steps. In the first step Ruby code runs, MRI may let other threads run, and the GC
 * may run. The second step collects what must be true at the moment of the dump. It calls only
 * functions that are written in C, and no other thread gets a turn. A thread may begin or end
 * between the two steps; lines/threads.c takes care of that.
 */
#ifndef HEAPDUMP_CONTEXT_H
#define HEAPDUMP_CONTEXT_H

#include <ruby.h>
#include <stdbool.h>
#include <sys/types.h>

#include "account/account.h"
#include "request/options.h"
#include "out/sink.h"

struct hd_thread_info {
    VALUE thread; /* set by the second step */
    char *name;   /* owned; NULL if it has none */
    size_t name_size;
    char status[32];
};

struct hd_global {
    ID name;
    VALUE value;
};

struct hd_context {
    struct hd_sink header;          /* a sink in memory: the first fields of the header */
    struct hd_account account;      /* its field `memory`, as far as it is known yet */
    struct hd_thread_info *threads; /* owned; the threads that were alive in the first step */
    size_t threads_size;
    struct hd_global *globals; /* owned */
    size_t globals_size;
    bool may_trace; /* the stdlib's objspace is loaded, so allocations may be traced */

    /* Results of the first step that the second step needs. */
    VALUE thread_list;   /* Array, in the order of `threads` */
    VALUE traced_object; /* held for hd_mri_allocations_are_right */
    long ractors;

    int raised; /* state for rb_jump_tag if the second step has raised; else 0 */
};

/*
 * Finds the original methods of Thread and Ractor, before the program can redefine them. Call it
 * once, from Init.
 */
void hd_context_init(void);

/*
 * The first step: begins to fill a context. The context must be on the stack of the caller, where
 * the GC finds the objects that it holds. The caller has the GVL, but other threads may run
 * meanwhile. Signal handlers of the application may run too; what they raise leaves this function.
 * Call hd_context_free afterwards, also after an exception.
 */
void hd_context_prepare(struct hd_context *context);

/*
 * The second step, with the GVL, while no other thread runs. Never raises. Returns 0, ENOMEM or
 * ECANCELED. After ECANCELED the caller must tidy up and then pass `raised` to rb_jump_tag.
 */
int hd_context_collect(struct hd_context *context, const struct hd_options *options);
void hd_context_free(struct hd_context *context);

/* From now on the header has this process id, because the current process is a copy of that one. */
void hd_context_stand_for(pid_t process);

/* What is known about a thread; NULL if it was not alive in the first step. */
const struct hd_thread_info *hd_context_thread(const struct hd_context *context, VALUE thread);

#endif
