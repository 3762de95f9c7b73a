/*
 * Values and references inside a line; see value.h.
 */
#include "lines/value.h"

static void
put_symbol(struct hd_dump *dump, VALUE symbol) {
    HD_PUT(&dump->out, "\":");
    if (!hd_put_id(&dump->out, dump->names, hd_mri_static_symbol_id(symbol)))
        HD_PUT(&dump->out, "?");
    hd_put_char(&dump->out, '"');
}

void
hd_put_immediate(struct hd_dump *dump, VALUE v) {
    struct hd_sink *out = &dump->out;
    if (RB_FIXNUM_P(v)) hd_put_i64(out, RB_FIX2LONG(v));
    else if (RB_STATIC_SYM_P(v)) put_symbol(dump, v);
    else if (RB_FLONUM_P(v)) hd_put_double(out, rb_float_value(v));
    else if (v == RUBY_Qtrue) HD_PUT(out, "true");
    else if (v == RUBY_Qfalse) HD_PUT(out, "false");
    else HD_PUT(out, "null");
}

void
hd_add_weak(struct hd_dump *dump, struct hd_field field, VALUE ref) {
    if (dump->weak_size == HD_WEAK_FIELDS) return;
    dump->weak[dump->weak_size++] = (struct hd_weak){field.text + 1, field.size - 1, ref};
}

void
hd_write_ref(struct hd_dump *dump, struct hd_field field, VALUE ref) {
    if (ref == 0 || RB_SPECIAL_CONST_P(ref)) return;
    if (hd_refs_take(&dump->refs, ref)) {
        hd_put_field(&dump->out, field);
        hd_put_address(&dump->out, ref);
    }
    else if (hd_pages_have_object(&dump->pages, ref)) {
        hd_add_weak(dump, field, ref);
    }
}

void
hd_write_held(struct hd_dump *dump, struct hd_field field, VALUE ref) {
    if (ref == 0 || RB_SPECIAL_CONST_P(ref) || !hd_refs_take(&dump->refs, ref)) return;
    hd_put_field(&dump->out, field);
    hd_put_address(&dump->out, ref);
}

void
hd_write_part(struct hd_field field, VALUE ref, void *dump) {
    hd_write_held(dump, field, ref);
}

void
hd_write_left(struct hd_dump *dump, struct hd_field field, VALUE ref) {
    if (ref == 0 || RB_SPECIAL_CONST_P(ref) || !hd_refs_take_left(&dump->refs, ref)) return;
    hd_put_field(&dump->out, field);
    hd_put_address(&dump->out, ref);
}

struct left_walk {
    struct hd_dump *dump;
    struct hd_field field;
    bool (*belongs)(VALUE, VALUE);
    VALUE data;
    bool open;
};

static void
left_i(VALUE ref, void *data) {
    struct left_walk *walk = data;
    struct hd_dump *dump = walk->dump;
    if (!walk->belongs(ref, walk->data)) return;
    if (!walk->open) {
        hd_put_field(&dump->out, walk->field);
        hd_put_char(&dump->out, '[');
    }
    walk->open = true;
    hd_put_value(dump, ref, ',');
}

void
hd_write_all_left(struct hd_dump *dump, struct hd_field field, bool (*belongs)(VALUE, VALUE),
                  VALUE data) {
    struct left_walk walk = {dump, field, belongs, data, false};
    hd_refs_each_left(&dump->refs, left_i, &walk);
    if (walk.open) hd_json_close(&dump->out, ']');
}

static bool
is_of_kind(VALUE ref, VALUE kind) {
    return RB_BUILTIN_TYPE(ref) == RUBY_T_IMEMO && hd_mri_imemo(ref) == (enum hd_imemo)kind;
}

void
hd_write_imemos_left(struct hd_dump *dump, struct hd_field field, enum hd_imemo kind) {
    hd_write_all_left(dump, field, is_of_kind, (VALUE)kind);
}

static bool
is_data(VALUE ref, VALUE kind) {
    return hd_mri_is_data(ref, (enum hd_data_kind)kind);
}

void
hd_write_data_left(struct hd_dump *dump, struct hd_field field, enum hd_data_kind kind) {
    hd_write_all_left(dump, field, is_data, (VALUE)kind);
}

void
hd_write_value(struct hd_dump *dump, struct hd_field field, VALUE v) {
    if (!hd_take_value(dump, v)) return;
    hd_put_field(&dump->out, field);
    if (RB_SPECIAL_CONST_P(v)) hd_put_immediate(dump, v);
    else hd_put_address(&dump->out, v);
}

void
hd_write_name(struct hd_dump *dump, struct hd_field field, VALUE string) {
    if (!RTEST(string)) return;
    hd_put_field(&dump->out, field);
    hd_put_string_name(&dump->out, string);
}

void
hd_write_id(struct hd_dump *dump, struct hd_field field, ID id) {
    if (id == 0 || !RTEST(rb_id2str(id))) return;
    hd_put_field(&dump->out, field);
    hd_put_char(&dump->out, '"');
    hd_put_id(&dump->out, dump->names, id);
    hd_put_char(&dump->out, '"');
}

void
hd_write_word(struct hd_dump *dump, struct hd_field field, const char *word) {
    if (!word) return;
    hd_put_field(&dump->out, field);
    hd_put_quoted_name(&dump->out, word, strlen(word));
}

void
hd_write_place(struct hd_dump *dump, const struct hd_code *code) {
    hd_write_name(dump, HD_FIELD("label"), code->label);
    hd_write_name(dump, HD_FIELD("file"), code->path);
}

void
hd_write_locals(struct hd_dump *dump, const ID *names, const VALUE *values, unsigned size) {
    struct hd_sink *out = &dump->out;
    HD_PUT(out, ",\"locals\":{");
    hd_begin_keys(dump->names);
    for (unsigned i = 0; i < size; i++) {
        bool again = false; // several block arguments may be called `_`: only the first is named
        for (unsigned j = 0; j < i && !again; j++) again = names[j] == names[i];
        if (again || !hd_may_put_key(dump->names, names[i])) continue;
        if (!hd_take_value(dump, values[i])) continue;
        hd_put_key(out, dump->names, names[i]);
        hd_put_plain_value(dump, values[i], ',');
    }
    hd_json_close(out, '}');
}
