/*
 * Hooks that do nothing, to measure what MRI itself takes to call them: EmptyHook.start(births)
 * adds one for the end of marking, and one for new objects if births is true. EmptyHook.stop
 * removes them.
 */
#include <ruby.h>
#include <ruby/debug.h>

static void
on_birth(VALUE data, const rb_trace_arg_t *event) {
    (void)data, (void)event;
}

static void
on_marked(VALUE data, const rb_trace_arg_t *event) {
    (void)data, (void)event;
}

static const rb_event_hook_func_t births = (rb_event_hook_func_t)(void *)on_birth;
static const rb_event_hook_func_t marks = (rb_event_hook_func_t)(void *)on_marked;

static void
add(rb_event_hook_func_t hook, rb_event_flag_t events) {
    rb_add_event_hook2(hook, events, Qnil,
                       RUBY_EVENT_HOOK_FLAG_SAFE | RUBY_EVENT_HOOK_FLAG_RAW_ARG);
}

static VALUE
start(VALUE self, VALUE with_births) {
    add(marks, RUBY_INTERNAL_EVENT_GC_END_MARK);
    if (RTEST(with_births)) add(births, RUBY_INTERNAL_EVENT_NEWOBJ);
    return self;
}

static VALUE
stop(VALUE self) {
    rb_remove_event_hook_with_data(births, Qnil);
    rb_remove_event_hook_with_data(marks, Qnil);
    return self;
}

void
Init_empty_hook(void) {
    VALUE module = rb_define_module("EmptyHook");
    rb_define_singleton_method(module, "start", start, 1);
    rb_define_singleton_method(module, "stop", stop, 0);
}
