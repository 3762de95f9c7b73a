/*
 * See load.h.
 */
#include "load.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/notice.h"
#include "base/raised.h"

/* Exported by every Ruby, but not in its headers before 3.4. */
int ruby_thread_has_gvl_p(void);

struct hd_errors hd_errors;

static bool prepared;

/* The same classes as in lib/heapdump/errors.rb, which adds the methods that Ruby code needs. */
static void
define_errors(VALUE module) {
    struct hd_errors errors;
    errors.error = rb_define_class_under(module, "Error", rb_eStandardError);
    errors.unsupported = rb_define_class_under(module, "UnsupportedRuby", errors.error);
    errors.write = rb_define_class_under(module, "WriteError", errors.error);
    errors.busy = rb_define_class_under(module, "Busy", errors.error);
    rb_gc_register_mark_object(errors.error);
    rb_gc_register_mark_object(errors.unsupported);
    rb_gc_register_mark_object(errors.write);
    rb_gc_register_mark_object(errors.busy);
    hd_errors = errors;
}

static VALUE
has_methods(VALUE module) {
    VALUE singleton = rb_singleton_class(module), name = ID2SYM(rb_intern("start"));
    return rb_funcall(singleton, rb_intern("private_method_defined?"), 1, name);
}

/* True if lib/heapdump.rb is loading the library and expects what is raised. */
static VALUE
is_awaited(VALUE nothing) {
    (void)nothing;
    ID name = rb_intern("HeapDump");
    if (!rb_const_defined_at(rb_cObject, name)) return Qfalse;
    return rb_ivar_get(rb_const_get_at(rb_cObject, name), rb_intern("@loading"));
}

static VALUE
load_body(VALUE arg) {
    const struct hd_face *face = (const struct hd_face *)arg;
    VALUE module = rb_define_module("HeapDump");
    if (!prepared) {
        define_errors(module);
        face->prepare();
        prepared = true;
    }
    if (RTEST(is_awaited(Qnil)) || !RTEST(has_methods(module))) face->define();
    return Qnil;
}

static VALUE
describe(VALUE error) {
    return rb_sprintf("heapdump: not loaded into this process: %" PRIsVALUE ": %" PRIsVALUE "\n",
                      rb_obj_class(error), error);
}

/* Writes to stderr what was raised; if something was thrown, only that loading has failed. */
static void
tell(VALUE error) {
    static const char unknown[] = "heapdump: not loaded into this process\n";
    int state = 0;
    VALUE text = hd_is_exception(error) ? rb_protect(describe, error, &state) : Qnil;
    if (state || !RB_TYPE_P(text, T_STRING)) hd_notice(unknown, sizeof unknown - 1);
    else hd_notice(RSTRING_PTR(text), (size_t)RSTRING_LEN(text));
}

void
hd_load(const struct hd_face *face) {
    static const char unlocked[] =
        "heapdump: not loaded: this thread does not hold the VM's lock; use heapdump.gdb\n";
    // without the lock, other threads of Ruby would run at the same time
    if (!ruby_native_thread_p() || !ruby_thread_has_gvl_p()) {
        hd_notice(unlocked, sizeof unlocked - 1);
        return;
    }
    // the program may be in a rescue clause: its $! must stay the same
    VALUE before = rb_errinfo();
    int state = 0, ignored = 0;
    rb_protect(load_body, (VALUE)face, &state);
    if (state) {
        if (RTEST(rb_protect(is_awaited, Qnil, &ignored)) && !ignored) rb_jump_tag(state);
        tell(rb_errinfo());
        rb_set_errinfo(hd_is_exception(before) ? before : Qnil);
    }
}
