/*
 * Names as JSON text; see names.h.
 */
#include "names.h"

#include "mri/mri.h"

void
hd_put_string_name(struct hd_sink *sink, VALUE string) {
    hd_put_quoted_name(sink, RSTRING_PTR(string), (size_t)RSTRING_LEN(string));
}

/* Where something begins in the block, to keep a copy of it afterwards. */
struct mark {
    const unsigned char *block, *start;
    uint64_t flushed;
};

static struct mark
mark(struct hd_sink *sink) {
    const unsigned char *start = hd_sink_reserve(sink, 512);
    return (struct mark){sink->block, start, sink->flushed};
}

/* Copies what was put since the mark, if it fits and the block is still the same; its length or 0. */
static unsigned char
keep(const struct hd_sink *sink, const struct mark *mark, char *text, size_t size) {
    if (sink->block != mark->block || sink->flushed != mark->flushed) return 0;
    size_t length = (size_t)(sink->pos - mark->start);
    if (length > size) return 0;
    memcpy(text, mark->start, length);
    return (unsigned char)length;
}

static bool
put_new_id(struct hd_sink *sink, struct hd_id_name *slot, ID id) {
    VALUE string = rb_id2str(id);
    if (!RTEST(string)) return false;
    struct mark start = mark(sink);
    hd_put_name(sink, (unsigned char *)RSTRING_PTR(string), (size_t)RSTRING_LEN(string));
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

bool
hd_put_new_key(struct hd_sink *sink, struct hd_names *names, ID id) {
    if (!RTEST(rb_id2str(id))) return false;
    hd_put_char(sink, '"');
    hd_put_id(sink, names, id);
    HD_PUT(sink, "\":");
    return true;
}

VALUE
hd_class_name(VALUE klass) {
    VALUE real = rb_class_real(klass);
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
    struct hd_members *slot = &names->members[(uint64_t)klass * 0x9e3779b97f4a7c15u >> 56];
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
