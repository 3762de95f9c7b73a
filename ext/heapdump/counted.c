/* Makes a Hash of the counts of objects; see counted.h. This file raises. */
#include "counted.h"

#include <string.h>

#include "base/types.h"
#include "count.h"
#include "lines/names.h"

struct count_request {
    VALUE namespaces; /* Array of Strings */
    VALUE result, gc_was_disabled;
    struct hd_counts counts;
};

static bool
is_wanted(VALUE namespaces, VALUE name) {
    const char *text = RSTRING_PTR(name);
    long size = RSTRING_LEN(name);
    for (long i = 0; i < RARRAY_LEN(namespaces); i++) {
        VALUE namespace = RARRAY_AREF(namespaces, i);
        long n = RSTRING_LEN(namespace);
        if (size < n || memcmp(text, RSTRING_PTR(namespace), (size_t)n) != 0) continue;
        if (size == n || (size > n + 1 && text[n] == ':' && text[n + 1] == ':')) return true;
    }
    return false;
}

static void
set_count(VALUE hash, VALUE key, size_t count) {
    VALUE before = rb_hash_aref(hash, key);
    rb_hash_aset(hash, key, SIZET2NUM(count + (NIL_P(before) ? 0 : NUM2SIZET(before))));
}

static VALUE
count_body(VALUE arg) {
    struct count_request *request = (struct count_request *)arg;
    const struct hd_counts *counts = &request->counts;
    hd_count(&request->counts, RARRAY_LEN(request->namespaces) > 0);
    if (counts->bad > 0) rb_memerror(); // there was no memory to count some classes

    VALUE basic = rb_hash_new(), user = rb_hash_new(), result = rb_hash_new();
    rb_hash_aset(result, rb_str_new_lit("total_slots"), SIZET2NUM(counts->total_slots));
    rb_hash_aset(result, rb_str_new_lit("free_slots"), SIZET2NUM(counts->free_slots));
    for (int type = 0; type <= RUBY_T_MASK; type++) {
        const char *name = hd_types[type].name;
        if (name && counts->types[type] > 0)
            set_count(basic, rb_str_new_cstr(name), counts->types[type]);
    }
    for (size_t i = 0; i < counts->classes.places; i++) {
        const struct hd_entry *entry = &counts->classes.entries[i];
        VALUE name = entry->key ? hd_class_name((VALUE)entry->key) : Qnil;
        if (!NIL_P(name) && is_wanted(request->namespaces, name))
            set_count(user, name, entry->value);
    }
    rb_hash_aset(result, rb_str_new_lit("basic_types"), basic);
    rb_hash_aset(result, rb_str_new_lit("user_types"), user);
    request->result = result;
    return Qnil;
}

static VALUE
count_ensure(VALUE arg) {
    struct count_request *request = (struct count_request *)arg;
    hd_counts_free(&request->counts);
    if (!RTEST(request->gc_was_disabled)) rb_gc_enable();
    return Qnil;
}

VALUE
hd_counted(VALUE namespaces, bool gc) {
    struct count_request request = {.namespaces = namespaces, .result = Qnil};
    if (gc) rb_gc_start();
    request.gc_was_disabled = rb_gc_disable(); // classes must live until their names are read
    rb_ensure(count_body, (VALUE)&request, count_ensure, (VALUE)&request);
    return request.result;
}
