/*
 * What decides how much of the contents of strings is dumped; see own_strings.h.
 */
#include "own_strings.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 9 };

static VALUE
symbol(const char *name) {
    return ID2SYM(rb_intern(name));
}

static const char *
environment(const char *name) {
    const char *text = getenv(name);
    return text ? text : "";
}

/* The option of the first trigger that has one; nil if there is none. */
static VALUE
of_handlers(VALUE heapdump) {
    ID name = rb_intern("Trigger");
    if (!rb_const_defined_at(heapdump, name)) return Qnil;
    VALUE installed = rb_funcall(rb_const_get_at(heapdump, name), rb_intern("installed"), 0);
    VALUE triggers = rb_funcall(installed, rb_intern("values"), 0);
    Check_Type(triggers, T_ARRAY);
    for (long i = 0; i < RARRAY_LEN(triggers); i++) {
        VALUE strings = rb_funcall(rb_ary_entry(triggers, i), rb_intern("strings"), 0);
        if (!NIL_P(strings)) return strings;
    }
    return Qnil;
}

/* The option of the watch of this process; nil if there is none. Loads no watch. */
static VALUE
of_watch(VALUE heapdump) {
    ID name = rb_intern("Watch");
    if (!rb_const_defined_at(heapdump, name) || !NIL_P(rb_autoload_p(heapdump, name))) return Qnil;
    VALUE watch = rb_funcall(rb_const_get_at(heapdump, name), rb_intern("current"), 0);
    return NIL_P(watch) ? Qnil : rb_funcall(watch, rb_intern("strings"), 0);
}

static VALUE
parse(const char *text) {
    size_t digits = strspn(text, "0123456789");
    if (digits == strlen(text) && digits <= MOST_DIGITS) return LONG2FIX(atol(text));
    if (strcmp(text, "full") == 0 || strcmp(text, "hash") == 0) return symbol(text);
    return symbol("none");
}

VALUE
hd_own_strings(const char **source) {
    VALUE heapdump = rb_define_module("HeapDump"), strings = of_handlers(heapdump);
    const char *text = environment("HEAPDUMP_STRINGS");
    *source = "handler";
    if (!NIL_P(strings)) return strings;
    strings = of_watch(heapdump);
    *source = "watch";
    if (!NIL_P(strings)) return strings;
    *source = "environment";
    if (*text) return parse(text);
    *source = "default";
    if (rb_const_defined_at(heapdump, rb_intern("Integrations"))) return symbol("none");
    if (strstr(environment("RUBYOPT"), "heapdump/auto")) return symbol("none");
    *source = "nothing";
    return symbol("full");
}

VALUE
rb_heapdump_own_strings(VALUE self) {
    const char *source;
    VALUE strings = hd_own_strings(&source);
    (void)self;
    return rb_assoc_new(strings, rb_str_new_cstr(source));
}
