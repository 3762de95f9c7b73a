/*
 * HeapDump::Allocations: counts what blocks allocate. Private: lib/heapdump/block_report has the
 * methods for others. The hooks for births are there while a block runs, and those for deaths from
 * the first block to the end, so that nothing is slower before and after.
 */
#include "allocations/binding.h"

#include <ruby/debug.h>
#include <ruby/ractor.h>
#include <stdlib.h>
#include <unistd.h>

#include "allocations/recorder.h"
#include "allocations/result.h"
#include "base/check.h"
#include "mri/mri.h"

struct session {
    struct hd_recorder recorder;
    VALUE births, deaths; /* tracepoints, which are registered with the GC from begin_deaths on */
    VALUE thread;         /* the only one whose objects are counted; 0: all are */
    bool one_thread, over;
    bool births_on, deaths_on;
    bool let_go;   /* since it was asked, something has died that may have let go of others */
    bool keys;     /* there are maps with weak keys, so whatever dies may be a key */
    bool ractors;  /* the block has made a Ractor */
    bool orphaned; /* its object is gone, as its fiber will never go on; the next birth ends it */
};

/* The session that counts in this process. A forked process may begin another one. */
static struct session *running;
static pid_t running_in;
static VALUE busy_error, general_error;

static void
end_hooks(struct session *session) {
    if (session->births_on) rb_tracepoint_disable(session->births);
    if (session->deaths_on) {
        rb_tracepoint_disable(session->deaths);
        rb_gc_unregister_address(&session->births);
        rb_gc_unregister_address(&session->deaths);
    }
    session->births_on = session->deaths_on = false;
}

static void
free_session(struct session *session) {
    HD_CHECK(!session->births_on && !session->deaths_on && running != session);
    hd_recorder_free(&session->recorder);
    free(session);
}

static void
on_birth(VALUE tracepoint, void *data) {
    struct session *session = data;
    if (session->orphaned) {
        end_hooks(session);
        free_session(session);
        return;
    }
    rb_trace_arg_t *event = rb_tracearg_from_tracepoint(tracepoint);
    VALUE obj = rb_tracearg_object(event);
    if (RB_BUILTIN_TYPE(obj) == RUBY_T_DATA && RBASIC_CLASS(obj) == rb_cRactor) {
        session->ractors = true;
        end_hooks(session); // before its thread runs, since Ruby 3.1 crashes if that has hooks
        return;
    }
    if (session->thread && rb_thread_current() != session->thread) return;
    size_t gcs = rb_gc_count();
    hd_recorder_born(&session->recorder, event);
    (void)gcs;
    HD_CHECK(rb_gc_count() == gcs); // no GC may run in a hook: deaths would not be told
}

/* A map holds the value of a key also in the GC in which the key dies. */
static bool
may_be_key(VALUE dying) {
    int type = (int)RB_BUILTIN_TYPE(dying);
    return type != RUBY_T_IMEMO && type != RUBY_T_ICLASS && type != RUBY_T_NODE;
}

static void
on_death(VALUE tracepoint, void *data) {
    struct session *session = data;
    if (session->orphaned) return; // not end_hooks: at the end of the process they may be free
    rb_trace_arg_t *event = rb_tracearg_from_tracepoint(tracepoint);
    VALUE dying = rb_tracearg_object(event);
    if (!session->let_go) {
        session->let_go = (session->keys && may_be_key(dying)) || hd_mri_may_let_go(dying);
    }
    hd_recorder_freed(&session->recorder, event);
}

static void
mark(void *data) {
    const struct session *session = data;
    if (session->thread) rb_gc_mark(session->thread);
    hd_recorder_mark(&session->recorder);
}

static void
moved(void *data) {
    hd_recorder_moved(&((struct session *)data)->recorder);
}

/*
 * If hooks are on, their session is in a fiber that was dropped, or the process ends: then objects
 * are freed in any order, and deaths may still be told.
 */
static void
release(void *data) {
    struct session *session = data;
    if (running == session) running = NULL;
    if (session->deaths_on) session->orphaned = true;
    else free_session(session);
}

static size_t
size_of(const void *data) {
    const struct session *session = data;
    return sizeof *session + hd_recorder_memory(&session->recorder);
}

/* Not write-barrier protected: hooks add strings that are marked. */
static const rb_data_type_t type = {
    .wrap_struct_name = "heapdump/allocations",
    .function = {.dmark = mark, .dfree = release, .dsize = size_of, .dcompact = moved},
};

static VALUE
allocate(VALUE klass) {
    struct session *session = calloc(1, sizeof *session);
    if (!session) rb_memerror();
    return rb_data_typed_object_wrap(klass, session, &type);
}

static struct session *
session_of(VALUE self) {
    return rb_check_typeddata(self, &type);
}

/*
 * Allocations.new(depth, one_thread, library). `depth` is how many frames of a stack are noted, 1
 * for places alone; `library` is the folder of the extensions that come with Ruby.
 */
static VALUE
initialize(VALUE self, VALUE depth, VALUE one_thread, VALUE library) {
    struct session *session = session_of(self);
    session->recorder.depth = NUM2UINT(depth);
    session->one_thread = RTEST(one_thread);
    hd_mri_set_library(StringValueCStr(library));
    return self;
}

/* Without an argument, since a lambda may accept none. */
static VALUE
yield(VALUE nothing) {
    (void)nothing;
    return rb_yield_values(0);
}

/*
 * Overwrites what the block has left below the frames that are in use. MRI takes each word on the
 * stack that looks like a reference for one, and later calls leave parts of their frames unwritten.
 */
enum { BELOW = 1 << 16 };

__attribute__((noinline)) static void
clear_below(void) {
    volatile char below[BELOW];
    for (size_t i = 0; i < sizeof below; i++) below[i] = 0;
}

/* In a thread that is nearly at the end of its stack those words stay. */
static void
clear_stack(void) {
    if (hd_mri_stack_left() > BELOW + BELOW / 4) clear_below();
}

static VALUE
end_births(VALUE arg) {
    struct session *session = (struct session *)arg;
    if (session->births_on) rb_tracepoint_disable(session->births);
    session->births_on = false;
    session->thread = 0;
    clear_stack();
    return Qnil;
}

static void
begin_deaths(struct session *session) {
    if (session->deaths_on) return;
    if (running && running_in == getpid()) {
        rb_raise(busy_error,
                 "a block report of process %ld is already running; one must end "
                 "before the next begins",
                 (long)getpid());
    }
    VALUE births = rb_tracepoint_new(0, RUBY_INTERNAL_EVENT_NEWOBJ, on_birth, session);
    VALUE deaths = rb_tracepoint_new(0, RUBY_INTERNAL_EVENT_FREEOBJ, on_death, session);
    session->births = births;
    session->deaths = deaths;
    rb_gc_register_address(&session->births);
    rb_gc_register_address(&session->deaths);
    session->deaths_on = true;
    rb_tracepoint_enable(deaths);
    RB_GC_GUARD(births);
    running = session;
    running_in = getpid();
}

/*
 * allocations.count(run) { … }: counts what the block allocates, as that run (a number). What is
 * raised in the block leaves this method. The value of the block is dropped.
 */
static VALUE
count(VALUE self, VALUE run) {
    struct session *session = session_of(self);
    rb_need_block();
    if (session->over) rb_raise(rb_eRuntimeError, "these allocations are counted already");
    session->recorder.run = NUM2UINT(run);
    begin_deaths(session);
    if (session->births_on) rb_raise(busy_error, "a block of these allocations is running");
    if (session->one_thread) session->thread = rb_thread_current();
    session->births_on = true;
    rb_tracepoint_enable(session->births);
    rb_ensure(yield, Qnil, end_births, (VALUE)session);
    if (session->ractors) {
        rb_raise(general_error, "a block that makes Ractors cannot be counted: MRI tells each "
                                "Ractor of its own objects only");
    }
    return Qnil;
}

/*
 * allocations.run = number: what the running block allocates from now on belongs to that run. This
 * way a run can be less than a block.
 */
static VALUE
set_run(VALUE self, VALUE run) {
    session_of(self)->recorder.run = NUM2UINT(run);
    return run;
}

/* allocations.weak_keys = true or false: whether there are maps with weak keys. */
static VALUE
set_weak_keys(VALUE self, VALUE keys) {
    session_of(self)->keys = RTEST(keys);
    return keys;
}

/*
 * allocations.let_go? => whether since the last time, or since the first block began, something has
 * died that may have let go of other objects, which only the next GC frees. To be asked before each
 * GC, as it also overwrites what the block has left on the stack.
 */
static VALUE
has_let_go(VALUE self) {
    struct session *session = session_of(self);
    bool let_go = session->let_go;
    session->let_go = false;
    clear_stack();
    return let_go ? Qtrue : Qfalse;
}

/* allocations.stop: ends the counting, if it has not ended yet. */
static VALUE
stop(VALUE self) {
    struct session *session = session_of(self);
    end_hooks(session);
    session->over = true;
    if (running == session) running = NULL;
    return Qnil;
}

/*
 * allocations.finish => Hash (result.h). Ends the counting. The GC must be disabled, and remain so
 * until the addresses in the result were used.
 */
static VALUE
finish(VALUE self) {
    struct session *session = session_of(self);
    VALUE was_disabled = rb_gc_disable();
    if (!RTEST(was_disabled)) {
        rb_gc_enable();
        rb_raise(rb_eRuntimeError, "the GC is not disabled");
    }
    if (session->over) rb_raise(rb_eRuntimeError, "these allocations are counted already");
    struct hd_survivors survivors = {0};
    size_t memory = hd_recorder_memory(&session->recorder);
    bool fine = hd_recorder_finish(&session->recorder, hd_survivors_add, &survivors);
    stop(self);
    if (!fine || survivors.failed) {
        hd_survivors_free(&survivors);
        rb_memerror();
    }
    VALUE result = hd_result(&session->recorder, &survivors, memory);
    hd_recorder_free(&session->recorder);
    RB_GC_GUARD(self);
    return result;
}

void
hd_allocations_define(VALUE module, VALUE error, VALUE busy) {
    static const char name[] = "Allocations";
    if (rb_const_defined_at(module, rb_intern(name))) rb_const_remove(module, rb_intern(name));
    VALUE klass = rb_define_class_under(module, name, rb_cObject);
    general_error = error;
    busy_error = busy;
    rb_define_alloc_func(klass, allocate);
    rb_define_method(klass, "initialize", initialize, 3);
    rb_define_method(klass, "count", count, 1);
    rb_define_method(klass, "run=", set_run, 1);
    rb_define_method(klass, "weak_keys=", set_weak_keys, 1);
    rb_define_method(klass, "let_go?", has_let_go, 0);
    rb_define_method(klass, "stop", stop, 0);
    rb_define_method(klass, "finish", finish, 0);
    rb_funcall(module, rb_intern("private_constant"), 1, ID2SYM(rb_intern(name)));
}
