/*
 * Checks of fields.c, data.c and modules.c.
 */
#include "mri/calibrate.h"

static int
pair_i(VALUE key, VALUE value, VALUE arg) {
    VALUE *pair = (VALUE *)arg;
    pair[0] = key;
    pair[1] = value;
    return ST_CONTINUE;
}

bool
hd_check_hash_entries(const struct known *known) {
    if (!rb_hash_stlike_foreach) return false;
    VALUE pair[2] = {0, 0};
    hd_mri_hash_each(known->hash, pair_i, (VALUE)pair);
    if (pair[0] != ID2SYM(rb_intern("known")) || pair[1] != known->module) return false;
    hd_hash_learn(known->identity_hash);
    if (hd_mri_hash_by_identity(known->hash)) return false;
    if (hd_layout() && !hd_mri_hash_by_identity(known->identity_hash)) return false;
    VALUE value = hd_mri_hash_default(known->hash), proc = hd_mri_hash_default(known->proc_hash);
    if (!hd_layout()) return value == Qundef && proc == Qundef;
    return value == known->value && !hd_mri_hash_default_is_proc(known->hash) &&
           proc == known->finalizer && hd_mri_hash_default_is_proc(known->proc_hash);
}

struct constant_search {
    const struct known *known;
    bool found;
};

static void
constant_i(const struct hd_constant *constant, void *data) {
    struct constant_search *search = data;
    const struct known *known = search->known;
    if (constant->name != rb_intern("KNOWN") || constant->value != known->value) return;
    if (RB_TYPE_P(known->place, T_ARRAY) && RARRAY_LEN(known->place) == 2) {
        search->found = constant->file &&
                        hd_same_text(constant->file, rb_ary_entry(known->place, 0)) &&
                        INT2FIX(constant->line) == rb_ary_entry(known->place, 1);
    }
    else {
        search->found = true;
    }
}

bool
hd_check_constants(const struct known *known) {
    struct constant_search search = {known, false};
    hd_mri_each_constant(&known->pages, known->module, constant_i, &search);
    return search.found;
}

static int
weak_i(VALUE key, VALUE value, void *data) {
    VALUE *pair = data;
    pair[0] = key;
    pair[1] = value;
    return ST_CONTINUE;
}

static bool
weak_holds(const struct known *known, VALUE map, enum hd_data_kind kind) {
    VALUE pair[2] = {0, 0};
    if (hd_mri_data_kind(map) != kind) return false;
    hd_mri_weak_each(&known->pages, map, kind, weak_i, pair);
    return pair[0] == known->value && pair[1] == known->module;
}

bool
hd_check_weak(const struct known *known) {
    if (!weak_holds(known, known->weak_map, HD_DATA_WEAK_MAP)) return false;
    return NIL_P(known->weak_key_map) ||
           weak_holds(known, known->weak_key_map, HD_DATA_WEAK_KEY_MAP);
}

/* What is left of the known set: deleted entries lie before and between its elements. */
enum { LEFT_IN_SET = 3 };

struct set_search {
    VALUE elements[LEFT_IN_SET];
    int size;
};

static int
set_i(VALUE element, VALUE data) {
    struct set_search *search = (struct set_search *)data;
    if (search->size < LEFT_IN_SET) search->elements[search->size] = element;
    search->size++;
    return ST_CONTINUE;
}

bool
hd_check_set(const struct known *known) {
    const VALUE left[LEFT_IN_SET] = {INT2FIX(2), known->value, INT2FIX(5)};
    struct set_search search = {.size = 0};
    if (NIL_P(known->set) || hd_mri_data_kind(known->set) != HD_DATA_SET) return false;
    const void *table = hd_mri_data_pointer(known->set);
    enum { MOST_POWER = 4 }; // there is room for at most 16 elements
    if (!hd_plausible(table)) return false;
    if ((hd_read_u32(table, HD_SET_POWER) & 0xff) > MOST_POWER) return false;
    hd_mri_set_each(known->set, set_i, (VALUE)&search);
    return search.size == LEFT_IN_SET && memcmp(search.elements, left, sizeof left) == 0;
}

static bool
elements_are(VALUE array, VALUE value) {
    const VALUE *elements = hd_mri_array_elements(array);
    for (long i = 0; i < RARRAY_LEN(array); i++) {
        if (hd_read(elements + i, 0) != value) return false;
    }
    return true;
}

bool
hd_check_storage(const struct known *known) {
    if (!hd_mri_array_embedded(known->short_array) || hd_mri_array_embedded(known->long_array) ||
        hd_mri_array_embedded(known->shared_array))
        return false;
    if (hd_mri_array_shared(known->short_array) || hd_mri_array_shared(known->long_array) ||
        !hd_mri_array_shared(known->shared_array))
        return false;
    VALUE name = rb_mod_name(rb_cObject);
    if (!hd_mri_string_embedded(name) || hd_mri_string_embedded(known->long_string)) return false;
    if (hd_mri_string_shared(known->long_string) || !hd_mri_string_shared(known->shared_string))
        return false;
#if defined(HAVE_CONST_ROBJECT_HEAP) || defined(HAVE_CONST_ROBJECT_EMBED) || HD_RUBY == 401
    if (!hd_mri_object_embedded(known->small_object)) return false;
    if (hd_mri_object_embedded(known->large_object)) return false;
#endif
    return elements_are(known->short_array, known->value) &&
           elements_are(known->long_array, known->value) &&
           elements_are(known->shared_array, known->value);
}

/* Finds the flag that all singleton classes have and no other class has. */
bool
hd_check_singletons(const struct known *known) {
    VALUE candidates = RUBY_FL_USER0 | RUBY_FL_USER1; // one of these in all versions so far
    for (long i = 0; i < RARRAY_LEN(known->singletons); i++) {
        candidates &= RBASIC(rb_ary_entry(known->singletons, i))->flags;
    }
    for (long i = 0; i < RARRAY_LEN(known->classes); i++) {
        candidates &= ~RBASIC(rb_ary_entry(known->classes, i))->flags;
    }
    bool one = candidates == RUBY_FL_USER0 || candidates == RUBY_FL_USER1;
    hd_singleton_learn(one ? candidates : 0);
    return one && hd_mri_attached(rb_ary_entry(known->singletons, 0)) == known->value &&
           hd_mri_attached(known->owner) == known->module;
}
