/*
 * See signals.h.
 */
#include "signals.h"

#include <signal.h>
#include <stdint.h>
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

VALUE
rb_heapdump_action(VALUE self, VALUE signal) {
    (void)self;
    struct sigaction action;
    if (sigaction(NUM2INT(signal), NULL, &action) != 0) rb_sys_fail("sigaction");
    uintptr_t handler = (uintptr_t)action.sa_handler;
    if (action.sa_flags & SA_SIGINFO) handler = (uintptr_t)action.sa_sigaction;
    VALUE kept = rb_obj_freeze(rb_str_new((const char *)&action, sizeof action));
    return rb_ary_new_from_args(2, ULL2NUM(handler), kept);
}

VALUE
rb_heapdump_restore_action(VALUE self, VALUE signal, VALUE kept) {
    (void)self;
    struct sigaction action;
    StringValue(kept);
    if (RSTRING_LEN(kept) != sizeof action) rb_raise(rb_eArgError, "this is no sigaction");
    memcpy(&action, RSTRING_PTR(kept), sizeof action);
    if (sigaction(NUM2INT(signal), &action, NULL) != 0) rb_sys_fail("sigaction");
    return Qnil;
}
