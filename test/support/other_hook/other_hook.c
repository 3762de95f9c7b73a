/*
 * Another tool with a hook for new objects: OtherHook.start puts it there, and after OtherHook.gc
 * the next object that is told runs a minor GC in the hook. Of that GC MRI tells no hook. With
 * OtherHook.gc(false) what it has freed is swept later.
 */
#include <ruby.h>
#include <ruby/debug.h>

static VALUE wanted = Qnil;

static void
on_birth(VALUE data, const rb_trace_arg_t *event) {
    (void)data, (void)event;
    if (NIL_P(wanted)) return;
    VALUE options = rb_hash_new();
    rb_hash_aset(options, ID2SYM(rb_intern("full_mark")), Qfalse);
    rb_hash_aset(options, ID2SYM(rb_intern("immediate_sweep")), wanted);
    wanted = Qnil;
    rb_funcallv_kw(rb_mGC, rb_intern("start"), 1, &options, RB_PASS_KEYWORDS);
}

static VALUE
start(VALUE self) {
    rb_add_event_hook2((rb_event_hook_func_t)(void *)on_birth, RUBY_INTERNAL_EVENT_NEWOBJ, Qnil,
                       RUBY_EVENT_HOOK_FLAG_SAFE | RUBY_EVENT_HOOK_FLAG_RAW_ARG);
    return self;
}

static VALUE
gc(int argc, VALUE *argv, VALUE self) {
    wanted = argc == 0 ? Qtrue : argv[0];
    return self;
}

void
Init_other_hook(void) {
    VALUE module = rb_define_module("OtherHook");
    rb_define_singleton_method(module, "start", start, 0);
    rb_define_singleton_method(module, "gc", gc, -1);
}
