/*
 * Writer of IMEMO, the VM's own objects: closures (env), code (iseq), method entries, and small
 * ones.
 */
#include "lines/writers.h"

#include "lines/ivars.h"
#include "lines/value.h"

static void
write_env(struct hd_dump *dump, VALUE obj) {
    struct hd_env env;
    if (!hd_can(HD_CAN_ENV) || !hd_mri_env(&dump->pages, obj, &env)) return;
    if (env.names) hd_write_locals(dump, env.names, env.locals, env.names_size);
    hd_write_ref(dump, HD_FIELD("parent"), env.parent);
    hd_write_ref(dump, HD_FIELD("iseq"), env.iseq);
    hd_write_ref(dump, HD_FIELD("method_entry"), env.entry);
    hd_write_ref(dump, HD_FIELD("cref"), env.cref);
    hd_write_held(dump, HD_FIELD("block"), env.block);
    hd_write_left(dump, HD_FIELD("env"), obj);
}

static void
write_method_entry(struct hd_dump *dump, VALUE obj) {
    struct hd_method_entry entry;
    if (!hd_can(HD_CAN_METHOD_ENTRY) || !hd_mri_method_entry(&dump->pages, obj, &entry)) return;
    hd_write_id(dump, HD_FIELD("method"), entry.called);
    if (entry.original != entry.called)
        hd_write_id(dump, HD_FIELD("original_method"), entry.original);
    hd_write_word(dump, HD_FIELD("definition"), entry.definition);
    hd_write_word(dump, HD_FIELD("visibility"), entry.visibility);
    hd_write_id(dump, HD_FIELD("attribute"), entry.attribute);
    hd_write_ref(dump, HD_FIELD("owner"), entry.owner);
    if (entry.defined_class != entry.owner) {
        hd_write_ref(dump, HD_FIELD("defined_class"), entry.defined_class);
    }
    else hd_write_held(dump, HD_FIELD("defined_class"), entry.owner);
    hd_write_held(dump, HD_FIELD("original_module"), entry.original_module);
    hd_write_ref(dump, HD_FIELD("iseq"), entry.iseq);
    hd_write_ref(dump, HD_FIELD("cref"), entry.cref);
    hd_write_ref(dump, HD_FIELD("proc"), entry.proc);
    hd_write_ref(dump, HD_FIELD("alias_of"), entry.alias_of);
    hd_write_held(dump, HD_FIELD("location"), entry.location);
}

static void
write_small(struct hd_dump *dump, VALUE obj, enum hd_imemo kind) {
    if (!hd_can(HD_CAN_IMEMO)) return;
    if (kind == HD_IMEMO_CALLINFO) {
        hd_write_id(dump, HD_FIELD("method"), hd_mri_callinfo_method(obj));
        return;
    }
    if (kind == HD_IMEMO_CALLCACHE)
        hd_write_id(dump, HD_FIELD("method"), hd_mri_callcache_method(&dump->pages, obj));
    for (const struct hd_imemo_field *field = hd_mri_imemo_fields(kind); field->offset; field++) {
        VALUE v = hd_mri_word(obj, field->offset);
        // a word that is no reference may be no value either; only in a constant cache it is one
        if (RB_SPECIAL_CONST_P(v) && kind == HD_IMEMO_CONSTCACHE) {
            hd_write_value(dump, field->field, v);
        }
        else if (hd_pages_have_object(&dump->pages, v)) hd_write_ref(dump, field->field, v);
    }
}

static void
write_fields(struct hd_dump *dump, VALUE obj) {
    hd_write_ref(dump, HD_FIELD("owner"), RBASIC_CLASS(obj));
    hd_write_variables(dump, obj, false);
}

static bool
is_any(VALUE ref, VALUE data) {
    (void)ref, (void)data;
    return true;
}

void
hd_write_imemo(struct hd_dump *dump, VALUE obj) {
    enum hd_imemo kind = hd_mri_imemo(obj);
    hd_write_word(dump, HD_FIELD("imemo_type"), hd_mri_imemo_name(obj));
    switch (kind) {
    case HD_IMEMO_ENV:
        write_env(dump, obj);
        break;
    case HD_IMEMO_ISEQ:
        hd_write_iseq(dump, obj);
        break;
    case HD_IMEMO_MENT:
        write_method_entry(dump, obj);
        break;
    case HD_IMEMO_FIELDS:
        write_fields(dump, obj);
        break;
    case HD_IMEMO_CDHASH:
        hd_write_all_left(dump, HD_FIELD("keys"), is_any, 0);
        break;
    default:
        write_small(dump, obj, kind);
        break;
    }
}
