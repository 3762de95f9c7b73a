/*
 * Names as JSON text; see names.h.
 */
#include "lines/names.h"

#include <ruby/encoding.h>
#include <stdlib.h>

#include "mri/mri.h"

void
hd_put_string_name(struct hd_sink *sink, VALUE string) {
    hd_put_quoted_name(sink, RSTRING_PTR(string), (size_t)RSTRING_LEN(string));
}

/* The place in the block where a text begins, so that it can be copied afterwards. */
struct mark {
    const unsigned char *block, *start;
    uint64_t flushed;
};

static struct mark
mark(struct hd_sink *sink) {
    const unsigned char *start = hd_sink_reserve(sink, 512);
    return (struct mark){sink->block, start, sink->flushed};
}

/*
 * Copies the text that was put since the mark. Returns its length, or 0 if it does not fit or is no
 * longer in the block.
 */
static unsigned char
keep(const struct hd_sink *sink, const struct mark *mark, char *text, size_t size) {
    if (sink->block != mark->block || sink->flushed != mark->flushed) return 0;
    size_t length = (size_t)(sink->pos - mark->start);
    if (length > size) return 0;
    memcpy(text, mark->start, length);
    return (unsigned char)length;
}

/* True for encodings that do not contain ASCII, like UTF-16: their bytes are not put as text. */
static bool
is_opaque(VALUE string) {
    return !rb_enc_asciicompat(rb_enc_get(string));
}

/*
 * True for a name whose spelling in a dump may be that of another ID. The text of such a name is
 * not remembered.
 */
static bool
is_unusual(VALUE string) {
    const unsigned char *text = (unsigned char *)RSTRING_PTR(string);
    for (long i = 0; i < RSTRING_LEN(string); i++) {
        if (text[i] >= 0x80 || text[i] == '\\') return true;
    }
    return is_opaque(string);
}

static bool
put_new_id(struct hd_sink *sink, struct hd_id_name *slot, ID id) {
    VALUE string = rb_id2str(id);
    if (!RTEST(string)) return false;
    const unsigned char *text = (unsigned char *)RSTRING_PTR(string);
    size_t size = (size_t)RSTRING_LEN(string);
    if (is_unusual(string)) {
        if (is_opaque(string)) hd_put_opaque_name(sink, text, size);
        else hd_put_name(sink, text, size);
        return true;
    }
    struct mark start = mark(sink);
    hd_put_name(sink, text, size);
    slot->length = keep(sink, &start, slot->text, sizeof slot->text);
    slot->id = slot->length ? id : 0;
    return true;
}

bool
hd_put_id(struct hd_sink *sink, struct hd_names *names, ID id) {
    struct hd_id_name *slot = hd_id_slot(names, id);
    if (slot->id != id || id == 0) return put_new_id(sink, slot, id);
    unsigned char *to = hd_sink_reserve(sink, sizeof slot->text);
    memcpy(to, slot->text, sizeof slot->text);
    sink->pos = to + slot->length;
    return true;
}

static uint64_t
spelling(VALUE string) {
    uint64_t hash = hd_name_hash((unsigned char *)RSTRING_PTR(string), (size_t)RSTRING_LEN(string),
                                 is_opaque(string));
    return hash ? hash : 1;
}

void
hd_forget_keys(struct hd_names *names) {
    hd_table_reset(&names->unusual, 0);
}

void
hd_names_free(struct hd_names *names) {
    if (names) hd_table_free(&names->unusual);
    free(names);
}

bool
hd_may_put_new_key(struct hd_names *names, ID id) {
    VALUE string = rb_id2str(id);
    if (!RTEST(string)) return false;
    if (!is_unusual(string)) return true;
    return hd_table_room(&names->unusual) && !hd_table_find(&names->unusual, spelling(string));
}

bool
hd_put_new_key(struct hd_sink *sink, struct hd_names *names, ID id) {
    if (!hd_may_put_new_key(names, id)) return false;
    VALUE string = rb_id2str(id);
    if (is_unusual(string)) hd_table_add(&names->unusual, spelling(string));
    hd_put_char(sink, '"');
    hd_put_id(sink, names, id);
    HD_PUT(sink, "\":");
    return true;
}

/*
 * True for the singleton class of a class. It has as many singleton classes above it as that class
 * has superclasses, so it would take long to go through them.
 */
static bool
is_of_class(VALUE klass) {
    VALUE attached = hd_mri_is_singleton(klass) ? hd_mri_attached(klass) : 0;
    return attached && RB_BUILTIN_TYPE(attached) == RUBY_T_CLASS;
}

VALUE
hd_class_name(VALUE klass) {
    VALUE real = is_of_class(klass) ? rb_cClass : rb_class_real(klass);
    return real ? rb_mod_name(real) : Qnil;
}

void
hd_put_new_class(struct hd_sink *sink, struct hd_class_name *slot, VALUE klass) {
    struct mark start = mark(sink);
    HD_PUT(sink, ",\"class\":");
    hd_put_address(sink, klass);
    VALUE name = hd_class_name(klass);
    if (!NIL_P(name)) {
        HD_PUT(sink, ",\"class_name\":");
        hd_put_string_name(sink, name);
    }
    slot->length = keep(sink, &start, slot->text, sizeof slot->text);
    slot->klass = slot->length ? klass : 0;
}

VALUE
hd_struct_members(struct hd_names *names, VALUE klass) {
    struct hd_members *slot = &names->members[hd_hash(klass) >> 56];
    if (slot->klass == klass) return slot->list;
    ID id = rb_intern("__members__");
    VALUE list = 0;
    for (VALUE at = klass; at && !list; at = rb_class_get_superclass(at)) {
        if (RB_BUILTIN_TYPE(at) == RUBY_T_ICLASS) continue;
        VALUE found = rb_attr_get(at, id);
        if (RB_TYPE_P(found, T_ARRAY)) list = found;
    }
    *slot = (struct hd_members){klass, list};
    return list;
}
