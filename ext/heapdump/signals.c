/*
 * See signals.h.
 */
#include "signals.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/notice.h"
#include "marker.h"

VALUE
rb_heapdump_mark(VALUE self, VALUE signal, VALUE name) {
    (void)self;
    const char *text = NIL_P(name) ? NULL : StringValueCStr(name);
    return hd_marker_set(NUM2INT(signal), text) ? Qtrue : Qfalse;
}

VALUE
rb_heapdump_notice(VALUE self, VALUE text) {
    (void)self;
    StringValue(text);
    return hd_notice(RSTRING_PTR(text), (size_t)RSTRING_LEN(text)) ? Qtrue : Qfalse;
}

/* True if the handler lies in the same library, or executable, as Ruby's own functions. */
static bool
is_of_ruby(void *handler) {
    Dl_info ruby, its;
    return dladdr((void *)rb_gc_mark, &ruby) && dladdr(handler, &its) &&
           ruby.dli_fbase == its.dli_fbase;
}

static const char *
kind_of(const struct sigaction *action) {
    if (action->sa_flags & SA_SIGINFO) {
        return is_of_ruby((void *)action->sa_sigaction) ? "ruby" : "other";
    }
    if (action->sa_handler == SIG_DFL) return "default";
    if (action->sa_handler == SIG_IGN) return "ignore";
    return is_of_ruby((void *)action->sa_handler) ? "ruby" : "other";
}

VALUE
rb_heapdump_signal_action(VALUE self, VALUE signal) {
    (void)self;
    struct sigaction action;
    if (sigaction(NUM2INT(signal), NULL, &action) != 0) rb_sys_fail("sigaction");
    VALUE kept = rb_obj_freeze(rb_str_new((const char *)&action, sizeof action));
    return rb_ary_new_from_args(2, ID2SYM(rb_intern(kind_of(&action))), kept);
}

VALUE
rb_heapdump_restore_signal_action(VALUE self, VALUE signal, VALUE kept) {
    (void)self;
    struct sigaction action;
    StringValue(kept);
    if (RSTRING_LEN(kept) != sizeof action) rb_raise(rb_eArgError, "this is no sigaction");
    memcpy(&action, RSTRING_PTR(kept), sizeof action);
    if (sigaction(NUM2INT(signal), &action, NULL) != 0) rb_sys_fail("sigaction");
    return Qnil;
}

static VALUE
unblock(VALUE before) {
    pthread_sigmask(SIG_SETMASK, (const sigset_t *)before, NULL);
    return Qnil;
}

VALUE
rb_heapdump_without_signal(VALUE self, VALUE signal) {
    (void)self;
    sigset_t set, before;
    sigemptyset(&set);
    if (sigaddset(&set, NUM2INT(signal)) != 0) rb_sys_fail("sigaddset");
    pthread_sigmask(SIG_BLOCK, &set, &before);
    return rb_ensure(rb_yield, Qnil, unblock, (VALUE)&before);
}
