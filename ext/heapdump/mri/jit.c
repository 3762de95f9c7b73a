/*
 * Which compiler runs.
 */
#include "mri/internal.h"

static bool zjit;

bool
hd_zjit_runs(void) {
    return zjit;
}

VALUE
hd_mri_ask_jit(const char **name) {
    static const char *const modules[][2] = {{"YJIT", "yjit"}, {"ZJIT", "zjit"}, {"RJIT", "rjit"}};
    ID enabled = rb_intern("enabled?");
    *name = NULL;
    if (!rb_const_defined(rb_cObject, rb_intern("RubyVM"))) return Qnil;
    VALUE vm = rb_const_get(rb_cObject, rb_intern("RubyVM"));
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        ID module = rb_intern(modules[i][0]);
        if (!rb_const_defined(vm, module)) continue;
        VALUE jit = rb_const_get(vm, module);
        if (!rb_respond_to(jit, enabled) || !RTEST(rb_funcall(jit, enabled, 0))) continue;
        *name = modules[i][1];
        if (module == rb_intern("ZJIT")) zjit = true; // nothing switches it off again
        return jit;
    }
    return Qnil;
}
