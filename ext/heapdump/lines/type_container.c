/*
 * Writers of ARRAY, HASH and STRUCT.
 */
#include "lines/writers.h"

#include "lines/value.h"

void
hd_write_array(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    const VALUE *elements = hd_mri_array_elements(obj);
    size_t length = (size_t)RARRAY_LEN(obj);
    unsigned char *to = hd_sink_reserve(out, 64);
    to = hd_at_u64(HD_AT(to, ",\"length\":"), length);
    if (hd_mri_array_embedded(obj)) to = HD_AT(to, ",\"embedded\":true");
    out->pos = to;
    if (hd_mri_array_shared(obj)) {
        HD_PUT(out, ",\"shared\":true"); // MRI marks only the shared root, which holds the elements
        return;
    }
    if (!elements && length > 0) return;
    HD_PUT(out, ",\"elements\":[");
    // no place of a list can be left out, so the list ends at an element that MRI does not mark
    for (size_t i = 0; i < length && hd_take_value(dump, elements[i]); i++) {
        hd_put_plain_value(dump, elements[i], ',');
    }
    hd_json_close(out, ']');
}

static int
entry_i(VALUE key, VALUE value, VALUE arg) {
    struct hd_dump *dump = (struct hd_dump *)arg;
    size_t taken = dump->refs.taken;
    if (!hd_take_value(dump, key)) return ST_CONTINUE;
    if (!hd_take_value(dump, value)) {
        if (dump->refs.taken > taken) hd_refs_give_back(&dump->refs, key);
        return ST_CONTINUE;
    }
    hd_put_char(&dump->out, '[');
    hd_put_plain_value(dump, key, ',');
    hd_put_plain_value(dump, value, ']');
    hd_put_char(&dump->out, ',');
    return ST_CONTINUE;
}

void
hd_write_hash(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    hd_put_number(&dump->out, HD_FIELD("size"), RHASH_SIZE(obj));
    if (hd_can(HD_CAN_HASH_ENTRIES)) {
        HD_PUT(out, ",\"entries\":[");
        hd_mri_hash_each(obj, entry_i, (VALUE)dump);
        hd_json_close(out, ']');
    }
    VALUE ifnone = hd_mri_hash_default(obj);
    if (ifnone != Qundef && ifnone != Qnil) {
        bool is_proc = hd_mri_hash_default_is_proc(obj);
        hd_write_value(dump, is_proc ? HD_FIELD("default_proc") : HD_FIELD("default"), ifnone);
    }
    if (hd_mri_hash_by_identity(obj)) HD_PUT(out, ",\"compare_by_identity\":true");
}

void
hd_write_struct(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    VALUE members = hd_struct_members(dump->names, RBASIC_CLASS(obj));
    if (!members) return;
    long size = NUM2LONG(rb_struct_size(obj));
    const VALUE *names = hd_mri_array_elements(members);
    if (!names) return;
    if (size > RARRAY_LEN(members)) size = RARRAY_LEN(members);
    HD_PUT(out, ",\"members\":{");
    hd_begin_keys(dump->names);
    for (long i = 0; i < size; i++) {
        ID name = RB_SYM2ID(names[i]);
        VALUE value = rb_struct_aref(obj, LONG2FIX(i));
        if (!hd_may_put_key(dump->names, name) || !hd_take_value(dump, value)) continue;
        hd_put_key(out, dump->names, name);
        hd_put_plain_value(dump, value, ',');
    }
    hd_json_close(out, '}');
}
