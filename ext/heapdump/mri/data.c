/*
 * T_DATA: which of MRI's own types an object has, and what the containers among these types hold.
 */
#include "mri/internal.h"

// The types of known objects. Types are not compared by name, since an application may use the
// same.
static const rb_data_type_t *known_types[HD_DATA_KINDS];

void
hd_data_learn(enum hd_data_kind kind, VALUE known) {
    if (!RB_SPECIAL_CONST_P(known) && RB_BUILTIN_TYPE(known) == RUBY_T_DATA &&
        RTYPEDDATA_P(known)) {
        known_types[kind] = RTYPEDDATA_TYPE(known);
    }
}

const char *
hd_mri_data_struct(VALUE data) {
    return RTYPEDDATA_P(data) ? RTYPEDDATA_TYPE(data)->wrap_struct_name : NULL;
}

bool
hd_mri_data_is_freed_later(VALUE data) {
    if (HD_RUBY < 401 || !RTYPEDDATA_P(data)) return false;
    const rb_data_type_t *type = RTYPEDDATA_TYPE(data);
    return !(type->flags & RUBY_TYPED_FREE_IMMEDIATELY) &&
           type->function.dfree != RUBY_TYPED_DEFAULT_FREE;
}

const void *
hd_mri_data_type(VALUE data) {
    if (RTYPEDDATA_P(data)) return RTYPEDDATA_TYPE(data);
    return (const void *)(uintptr_t)((const struct RData *)data)->dmark;
}

enum hd_data_kind
hd_mri_data_kind(VALUE data) {
    if (!RTYPEDDATA_P(data)) return HD_DATA_OTHER;
    const rb_data_type_t *type = RTYPEDDATA_TYPE(data);
    for (int kind = HD_DATA_OTHER + 1; kind < HD_DATA_KINDS; kind++) {
        if (known_types[kind] == type) return (enum hd_data_kind)kind;
    }
    return HD_DATA_OTHER;
}

bool
hd_mri_is_data(VALUE v, enum hd_data_kind kind) {
    return RB_BUILTIN_TYPE(v) == RUBY_T_DATA && hd_mri_data_kind(v) == kind;
}

void *
hd_mri_data_pointer(VALUE data) {
#ifdef HAVE_RTYPEDDATA_GET_DATA
    return RTYPEDDATA_P(data) ? RTYPEDDATA_GET_DATA(data) : DATA_PTR(data);
#else
    return DATA_PTR(data);
#endif
}

/* Reads the set by layout, because rb_set_foreach would write to it. */
void
hd_mri_set_each(VALUE set, int (*fn)(VALUE, VALUE), VALUE data) {
    const void *table = hd_mri_data_pointer(set);
    if (!hd_plausible(table)) return;
    const char *entries = hd_read_pointer(table, HD_SET_ENTRIES);
    size_t from = HD_RUBY >= 401 ? hd_read_u32(table, HD_SET_START) : hd_read(table, HD_SET_START);
    size_t to = hd_read(table, HD_SET_BOUND);
    unsigned power = hd_read_u32(table, HD_SET_POWER) & 0xff;
    if (!hd_plausible(entries) || power >= 48 || to > (size_t)1 << power) return;
    for (size_t i = from; i < to && !hd_is_lost(); i++) {
        const void *entry = entries + i * HD_SET_ENTRY_SIZE;
        if (hd_read(entry, HD_SET_ENTRY_HASH) == HD_SET_DELETED) continue;
        if (fn(hd_read(entry, HD_SET_ENTRY_KEY), data) != ST_CONTINUE) return;
    }
}

struct weak_walk {
    const struct hd_pages *pages;
    enum hd_data_kind kind;
    int (*fn)(VALUE, VALUE, void *);
    void *data;
};

static int
weak_i(st_data_t key, st_data_t value, st_data_t arg) {
    const struct weak_walk *walk = (const struct weak_walk *)arg;
    if (hd_layout()->weak == HD_WEAK_ENTRY) {
        const VALUE *entry = (const VALUE *)key;
        if (!hd_plausible(entry)) return ST_CONTINUE;
        key = hd_read(entry, 0);
        if (walk->kind == HD_DATA_WEAK_MAP) value = hd_read(entry, sizeof(VALUE));
    }
    VALUE pair[2] = {key, value};
    for (int i = 0; i < 2; i++) {
        if (pair[i] == RUBY_Qundef) return ST_CONTINUE;
        if (!RB_SPECIAL_CONST_P(pair[i]) && !hd_pages_have_object(walk->pages, pair[i])) {
            return ST_CONTINUE;
        }
    }
    return walk->fn(pair[0], pair[1], walk->data);
}

void
hd_mri_weak_each(const struct hd_pages *pages, VALUE map, enum hd_data_kind kind,
                 int (*fn)(VALUE, VALUE, void *), void *data) {
    const void *body = hd_mri_data_pointer(map);
    if (!hd_plausible(body)) return;
    ptrdiff_t offset = hd_layout()->weak == HD_WEAK_TWO ? sizeof(VALUE) : 0;
    st_table *table = (st_table *)hd_read_pointer(body, offset);
    if (!hd_plausible(table) || !hd_table_is_sound(table)) return;
    struct weak_walk walk = {pages, kind, fn, data};
    st_foreach(table, weak_i, (st_data_t)&walk);
}

void
hd_mri_enumerator(VALUE data, struct hd_enumerator *out) {
    *out = (struct hd_enumerator){0};
    const void *body = hd_mri_data_pointer(data);
    if (!hd_plausible(body)) return;
    out->receiver = hd_read(body, HD_ENUMERATOR_RECEIVER);
    out->method = hd_read(body, HD_ENUMERATOR_METHOD);
    out->args = hd_read(body, HD_ENUMERATOR_ARGS);
}

VALUE
hd_mri_method_receiver(VALUE data) {
    const void *body = hd_mri_data_pointer(data);
    return hd_plausible(body) ? hd_read(body, HD_METHOD_RECEIVER) : RUBY_Qundef;
}
