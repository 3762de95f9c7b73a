/*
 * The lines of ObjectSpace.dump_all; see objspace_format.h.
 */
#include "lines/objspace_format.h"

#include <stdio.h>
#include <string.h>

#include "base/types.h"
#include "guard/foreign.h"
#include "guard/guard.h"
#include "lines/roots.h"
#include "lines/text.h"
#include "lines/unreadable.h"
#include "lines/value.h"

static void
put_key(struct hd_sink *out, const char *key) {
    HD_PUT(out, ", \"");
    hd_put_bytes(out, key, strlen(key));
    HD_PUT(out, "\":");
}

static void
put_number(struct hd_sink *out, const char *key, uint64_t v) {
    put_key(out, key);
    hd_put_u64(out, v);
}

static void
put_address(struct hd_sink *out, const char *key, VALUE v) {
    put_key(out, key);
    hd_put_address(out, v);
}

static void
put_name(struct hd_sink *out, const char *key, const char *text, size_t n) {
    put_key(out, key);
    hd_put_quoted_name(out, text, n);
}

static void
put_true(struct hd_sink *out, const char *key, bool is) {
    if (!is) return;
    put_key(out, key);
    HD_PUT(out, "true");
}

static void
write_content(struct hd_dump *dump, VALUE string) {
    size_t n = (size_t)RSTRING_LEN(string);
    put_number(&dump->out, "bytesize", n);
    if (RB_FL_TEST_RAW(string, RSTRING_NOEMBED) && !hd_mri_string_shared(string)) {
        size_t capacity = rb_str_capacity(string);
        if (capacity != n) put_number(&dump->out, "capacity", capacity);
    }
    enum hd_text kind = hd_text_kind((const unsigned char *)RSTRING_PTR(string), n);
    int encoding = hd_encoding_of(string);
    bool utf8 = encoding == rb_utf8_encindex();
    if (kind == HD_TEXT_BYTES || (kind == HD_TEXT_UTF8 && !utf8)) return;
    if (rb_enc_asciicompat(rb_enc_get(string))) hd_write_text(dump, string, encoding);
}

static void
write_string(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    put_true(out, "embedded", hd_mri_string_embedded(obj));
    put_true(out, "broken", RB_ENC_CODERANGE(obj) == RUBY_ENC_CODERANGE_BROKEN);
    put_true(out, "fstring", RB_FL_TEST_RAW(obj, RSTRING_FSTR) != 0);
    put_true(out, "shared", hd_mri_string_shared(obj));
    write_content(dump, obj);
    int encoding = rb_enc_get_index(obj);
    if (encoding == rb_ascii8bit_encindex()) return;
    const char *name = rb_enc_name(rb_enc_from_index(encoding));
    put_name(out, "encoding", name, strlen(name));
}

static void
write_module(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    VALUE superclass = rb_class_get_superclass(obj);
    if (superclass) put_address(out, "superclass", superclass);
    VALUE name = rb_mod_name(obj);
    if (!NIL_P(name)) put_name(out, "name", RSTRING_PTR(name), (size_t)RSTRING_LEN(name));
    if (!hd_mri_is_singleton(obj)) return;
    name = hd_class_name(obj);
    if (!NIL_P(name))
        put_name(out, "real_class_name", RSTRING_PTR(name), (size_t)RSTRING_LEN(name));
    put_true(out, "singleton", true);
}

static void
write_float(struct hd_dump *dump, VALUE obj) {
    char text[32];
    int n = snprintf(text, sizeof text, "%#g", rb_float_value(obj));
    put_name(&dump->out, "value", text, n < 32 ? (size_t)n : sizeof text - 1);
}

static void
write_hash(struct hd_dump *dump, VALUE obj) {
    put_number(&dump->out, "size", RHASH_SIZE(obj));
    VALUE ifnone = hd_mri_hash_default(obj);
    if (ifnone == Qundef || RB_SPECIAL_CONST_P(ifnone) || !hd_mri_hash_default_is_proc(obj)) return;
    put_address(&dump->out, "default", ifnone);
}

static void
write_imemo(struct hd_dump *dump, VALUE obj) {
    const char *name = hd_mri_imemo_name(obj);
    put_name(&dump->out, "imemo_type", name, strlen(name));
    if (hd_mri_imemo(obj) != HD_IMEMO_CALLINFO || !hd_can(HD_CAN_IMEMO)) return;
    VALUE method = rb_id2str(hd_mri_callinfo_method(obj));
    if (RTEST(method)) {
        put_name(&dump->out, "mid", RSTRING_PTR(method), (size_t)RSTRING_LEN(method));
    }
}

static void
write_fields(struct hd_dump *dump, VALUE obj, int type) {
    struct hd_sink *out = &dump->out;
    struct hd_file file;
    const char *name;
    switch (type) {
    case RUBY_T_STRING:
        write_string(dump, obj);
        break;
    case RUBY_T_SYMBOL:
        if (RTEST(rb_sym2str(obj))) write_content(dump, rb_sym2str(obj));
        break;
    case RUBY_T_ARRAY:
        put_number(out, "length", (uint64_t)RARRAY_LEN(obj));
        put_true(out, "shared", hd_mri_array_shared(obj));
        put_true(out, "embedded", hd_mri_array_embedded(obj));
        break;
    case RUBY_T_HASH:
        write_hash(dump, obj);
        break;
    case RUBY_T_OBJECT:
        put_true(out, "embedded", hd_mri_object_embedded(obj));
        put_number(out, "ivars", rb_ivar_count(obj));
        break;
    case RUBY_T_CLASS:
    case RUBY_T_MODULE:
        write_module(dump, obj);
        break;
    case RUBY_T_ICLASS:
        if (rb_class_get_superclass(obj)) {
            put_address(out, "superclass", rb_class_get_superclass(obj));
        }
        break;
    case RUBY_T_DATA:
        name = hd_mri_data_struct(obj);
        if (name) put_name(out, "struct", name, strlen(name));
        if (hd_mri_data_is_freed_later(obj)) {
            put_key(out, "free_immediately");
            HD_PUT(out, "false");
        }
        break;
    case RUBY_T_FLOAT:
        write_float(dump, obj);
        break;
    case RUBY_T_FILE:
        if (hd_mri_file(obj, &file)) {
            put_key(out, "fd");
            hd_put_i64(out, file.fd);
        }
        break;
    case RUBY_T_IMEMO:
        write_imemo(dump, obj);
        break;
    default:
        break;
    }
}

static void
write_flags(struct hd_dump *dump, VALUE obj) {
    enum { MAX = 16 };
    struct hd_gc_fact facts[MAX];
    size_t n = hd_can(HD_CAN_GC_FLAGS) ? hd_mri_gc_facts(obj, facts, MAX) : 0;
    if (n == 0) return;
    HD_PUT(&dump->out, ", \"flags\":{");
    for (size_t i = 0; i < n; i++) {
        if (i > 0) HD_PUT(&dump->out, ", ");
        hd_put_key(&dump->out, dump->names, facts[i].name);
        hd_put_immediate(dump, facts[i].value);
    }
    hd_put_char(&dump->out, '}');
}

static void
write_allocation(struct hd_dump *dump, VALUE obj) {
    struct hd_allocation allocation;
    if (!hd_mri_allocation(&dump->pages, dump->allocations, obj, &allocation)) return;
    if (allocation.file) {
        put_name(&dump->out, "file", allocation.file, strlen(allocation.file));
        put_number(&dump->out, "line", allocation.line);
    }
    VALUE method = allocation.method;
    if (method) put_name(&dump->out, "method", RSTRING_PTR(method), (size_t)RSTRING_LEN(method));
    put_number(&dump->out, "generation", allocation.generation);
}

static void
write_references(struct hd_dump *dump, VALUE klass) {
    struct hd_sink *out = &dump->out;
    bool open = false;
    for (size_t i = 0; i < dump->refs.size; i++) {
        VALUE ref = dump->refs.list[i];
        if (ref == klass) continue;
        if (open) HD_PUT(out, ", ");
        else HD_PUT(out, ", \"references\":[");
        open = true;
        hd_put_address(out, ref);
    }
    if (open) hd_put_char(out, ']');
}

void
hd_write_objspace_object(struct hd_dump *dump, VALUE obj, size_t slot_size) {
    struct hd_sink *out = &dump->out;
    int type = RB_BUILTIN_TYPE(obj);
    const char *name = hd_types[type].name;
    if (!name) return; // no object
    name += strlen("T_");
    VALUE klass = type == RUBY_T_IMEMO || type == RUBY_T_NODE ? 0 : RBASIC_CLASS(obj);
    hd_refs_collect(&dump->refs, obj, true);
    dump->step = HD_NAMING;
    HD_PUT(out, "{\"address\":");
    hd_put_address(out, obj);
    put_name(out, "type", name, strlen(name));
    put_number(out, "slot_size", slot_size);
    if (klass) put_address(out, "class", klass);
    put_true(out, "frozen", RB_OBJ_FROZEN_RAW(obj));
    write_fields(dump, obj, type);
    write_references(dump, klass);
    if (type == RUBY_T_ARRAY) hd_finalizers_object_of(&dump->finalizers, obj);
    if (dump->allocations) write_allocation(dump, obj);
    if (dump->refs.failed) {
        hd_write_error(dump, HD_OUT_OF_MEMORY, " while reading references");
    }
    else if (hd_has_hung(obj, HD_SIZING)) {
        hd_write_error(dump, HD_HUNG, " while reading its size");
    }
    else {
        dump->step = HD_SIZING;
        put_number(out, "memsize", hd_memsize(obj, slot_size));
        write_flags(dump, obj); // after the size, as ObjectSpace.dump_all does
    }
    HD_PUT(out, "}\n");
}

struct root_walk {
    struct hd_dump *dump;
    const char *category;
};

static void
close_line(struct root_walk *walk) {
    if (!walk->category) return;
    HD_PUT(&walk->dump->out, "]}\n");
    hd_end_root(walk->dump);
    walk->category = NULL;
}

static void
root_i(const char *category, VALUE ref, void *data) {
    struct root_walk *walk = data;
    struct hd_sink *out = &walk->dump->out;
    if (walk->category && strcmp(walk->category, category) == 0) {
        HD_PUT(out, ", ");
    }
    else {
        close_line(walk);
        walk->category = category;
        HD_PUT(out, "{\"type\":\"ROOT\"");
        put_name(out, "root", category, strlen(category));
        HD_PUT(out, ", \"references\":[");
    }
    hd_put_address(out, ref);
}

void
hd_write_objspace_roots(struct hd_dump *dump) {
    struct root_walk walk = {dump, NULL};
    hd_mri_roots(root_i, &walk);
    close_line(&walk);
}
