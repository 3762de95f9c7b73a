/*
 * What a dump needs from Ruby, as plain C memory: the header, the values of global variables, names
 * and states of threads. No code of the application is called but the getters of its C-defined
 * global variables. What a getter raises is left out with the variable; what the application raises
 * meanwhile from a signal's handler is never thrown away.
 *
 * It comes in two steps. Where Ruby code runs, MRI may let other threads have a turn: that comes
 * first, while the GC may still run. What must be true at the moment of the dump is asked last, by
 * functions in C alone, during which no other thread gets a turn. Between the two a thread may be
 * born or die; threads.c sees that.
 */
#ifndef HEAPDUMP_CONTEXT_H
#define HEAPDUMP_CONTEXT_H

#include <ruby.h>
#include <stdbool.h>
#include <sys/types.h>

#include "request/options.h"
#include "out/sink.h"

struct hd_thread_info {
    VALUE thread; /* set by the second step */
    char *name;   /* owned; NULL where it has none */
    size_t name_size;
    char status[32];
};

struct hd_global {
    ID name;
    VALUE value;
};

struct hd_context {
    struct hd_sink header;          /* in memory: the header line up to its last bracket */
    struct hd_thread_info *threads; /* owned; those that lived in the first step */
    size_t threads_size;
    struct hd_global *globals; /* owned */
    size_t globals_size;
    bool may_trace; /* the stdlib's objspace is loaded, so allocations may be traced */

    /* What the first step leaves for the second. */
    VALUE thread_list;   /* Array, in the order of `threads` */
    VALUE traced_object; /* kept for hd_mri_allocations_are_right */
    long ractors;

    int raised; /* state for rb_jump_tag, of what was raised in the second step; 0 for nothing */
};

/* Once, from Init: finds the own methods of Thread and Ractor, before anybody redefines them. */
void hd_context_init(void);

/*
 * First step: fills a context, which must lie on the stack of its caller, where the GC sees what it
 * holds. The caller has the GVL; other threads may run meanwhile. Raises what the application does
 * meanwhile: handlers of signals run here. hd_context_free in any case.
 */
void hd_context_prepare(struct hd_context *context);

/*
 * Second step, with the GVL: other threads stand still. Never raises. Returns 0, ENOMEM, or ECANCELED
 * where `raised` is to be carried on with rb_jump_tag once all is tidied up.
 */
int hd_context_collect(struct hd_context *context, const struct hd_options *options);
void hd_context_free(struct hd_context *context);

/* From now on the header names another process than this, which is its copy. */
void hd_context_stand_for(pid_t process);

/* What is known of a thread; NULL for one that did not live in the first step. */
const struct hd_thread_info *hd_context_thread(const struct hd_context *context, VALUE thread);

#endif
