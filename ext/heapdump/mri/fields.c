/*
 * Flags and fields that any object has, and those of the built-in types whose accessors are not
 * public on every version.
 */
#include "internal.h"

#include <ruby/io.h>
#include <string.h>

static struct { ID protected, old, pinned, remembered; } names;

void
hd_fields_init(void) {
    names.protected = rb_intern("wb_protected");
    names.old = rb_intern("old");
    names.pinned = rb_intern("pinned");
    names.remembered = rb_intern("remembered");
    // These two intern names of their own at their first call.
    ID flags[16];
    if (rb_obj_gc_flags) rb_obj_gc_flags(rb_cObject, flags, 16);
    if (rb_gc_object_metadata) rb_gc_object_metadata(rb_cObject);
}

size_t
hd_mri_memsize(VALUE obj) {
    // MRI aborts on nodes and on types it does not know.
    if (!rb_obj_memsize_of || RB_BUILTIN_TYPE(obj) == RUBY_T_NODE) return 0;
    return rb_obj_memsize_of(obj);
}

size_t
hd_mri_gc_facts(VALUE obj, struct hd_gc_fact *facts, size_t max) {
    size_t n = 0;
    if (rb_gc_object_metadata) {
        const struct hd_gc_metadata *entry = rb_gc_object_metadata(obj);
        for (; entry->name && n < max; entry++, n++) {
            facts[n] = (struct hd_gc_fact){entry->name, entry->value};
        }
        return n;
    }
    ID found[16];
    size_t size = rb_obj_gc_flags(obj, found, 16);
    for (; n < size && n < max; n++) facts[n] = (struct hd_gc_fact){found[n], RUBY_Qtrue};
    return n;
}

static unsigned
flag_of(ID name) {
    if (name == names.old) return HD_OLD;
    if (name == names.pinned) return HD_PINNED;
    if (name == names.remembered) return HD_REMEMBERED;
    return 0;
}

/* As MRI told flags before 3.5: a list of names. Most objects have those of the one before them. */
static unsigned
listed_flags(VALUE obj) {
    static ID last[16];
    static size_t last_size = SIZE_MAX;
    static unsigned last_flags;
    ID found[16];
    size_t n = rb_obj_gc_flags(obj, found, 16);
    if (n == last_size && memcmp(found, last, n * sizeof *found) == 0) return last_flags;
    last_flags = HD_UNPROTECTED;
    for (size_t i = 0; i < n; i++) {
        if (found[i] == names.protected) last_flags &= ~(unsigned)HD_UNPROTECTED;
        else last_flags |= flag_of(found[i]);
    }
    memcpy(last, found, n * sizeof *found);
    last_size = n;
    return last_flags;
}

unsigned
hd_mri_gc_flags(VALUE obj) {
    enum { MAX = 16 };
    if (!rb_gc_object_metadata) return listed_flags(obj);
    // Most objects have the flags of the one before them.
    static struct hd_gc_fact last[MAX];
    static size_t last_size = SIZE_MAX;
    static unsigned last_flags;
    struct hd_gc_fact facts[MAX];
    size_t n = hd_mri_gc_facts(obj, facts, MAX), same = 0;
    while (n == last_size && same < n && facts[same].name == last[same].name &&
           facts[same].value == last[same].value) {
        same++;
    }
    if (n == last_size && same == n) return last_flags;
    unsigned flags = HD_UNPROTECTED;
    for (size_t i = 0; i < n; i++) {
        if (!RTEST(facts[i].value)) continue;
        if (facts[i].name == names.protected) flags &= ~(unsigned)HD_UNPROTECTED;
        else flags |= flag_of(facts[i].name);
    }
    memcpy(last, facts, n * sizeof *last);
    last_size = n;
    return last_flags = flags;
}

bool
hd_mri_marks_what_is_named(VALUE obj) {
#if HD_RUBY >= 400
    (void)obj; // no flag tells of instance variables that are kept apart
    return false;
#else
    int type = RB_BUILTIN_TYPE(obj);
    if (type == RUBY_T_OBJECT) return true;
    if (RB_FL_TEST_RAW(obj, RUBY_FL_EXIVAR)) return false;
    switch (type) {
    case RUBY_T_FLOAT:
        return true;
    case RUBY_T_STRING:
        return !hd_mri_string_shared(obj);
    case RUBY_T_ARRAY:
        return !hd_mri_array_shared(obj);
    case RUBY_T_HASH:
        return hd_layout() && hd_can(HD_CAN_HASH_ENTRIES);
    default:
        return false;
    }
#endif
}

bool
hd_mri_shareable(VALUE obj) {
    return RB_FL_TEST_RAW(obj, RUBY_FL_SHAREABLE) != 0;
}

bool
hd_mri_has_generic_ivars(VALUE obj) {
#if HD_RUBY >= 400
    (void)obj; // they are kept apart
    return false;
#else
    return RB_FL_TEST_RAW(obj, RUBY_FL_EXIVAR) != 0;
#endif
}

bool
hd_mri_keeps_fields_apart(void) {
    return HD_RUBY >= 400;
}

bool
hd_mri_is_fields_of(VALUE ref, VALUE obj) {
    if (RB_BUILTIN_TYPE(ref) != RUBY_T_IMEMO || hd_mri_imemo(ref) != HD_IMEMO_FIELDS) return false;
    if (RBASIC_CLASS(ref) == obj) return true;
    // the copy of a class holds a copy of these that still names the original, and no others
    return RB_BUILTIN_TYPE(obj) == RUBY_T_CLASS || RB_BUILTIN_TYPE(obj) == RUBY_T_MODULE;
}

bool
hd_mri_is_singleton(VALUE klass) {
#if HD_RUBY >= 304
    return RB_BUILTIN_TYPE(klass) == RUBY_T_CLASS && RB_FL_TEST_RAW(klass, RUBY_FL_USER1) != 0;
#else
    return RB_BUILTIN_TYPE(klass) == RUBY_T_CLASS && RB_FL_TEST_RAW(klass, RUBY_FL_USER0) != 0;
#endif
}

VALUE
hd_mri_attached(VALUE singleton) {
    if (!hd_mri_is_singleton(singleton)) return 0;
    if (rb_class_attached_object) return rb_class_attached_object(singleton);
    VALUE attached = rb_attr_get(singleton, rb_intern("__attached__"));
    return RB_NIL_P(attached) ? 0 : attached;
}

bool
hd_mri_object_embedded(VALUE object) {
#if HD_RUBY >= 400
    return RB_FL_TEST_RAW(object, ROBJECT_HEAP) == 0;
#else
    return RB_FL_TEST_RAW(object, ROBJECT_EMBED) != 0;
#endif
}

bool
hd_mri_array_shared(VALUE array) {
    return RB_FL_TEST_RAW(array, RUBY_ELTS_SHARED) != 0 &&
           RB_FL_TEST_RAW(array, RARRAY_EMBED_FLAG) == 0;
}

bool
hd_mri_array_embedded(VALUE array) {
    return RB_FL_TEST_RAW(array, RARRAY_EMBED_FLAG) != 0;
}

const VALUE *
hd_mri_array_elements(VALUE array) {
    // Not RARRAY_CONST_PTR: on 3.1 that may move the elements out of the transient heap.
    if (hd_mri_array_embedded(array)) return RARRAY(array)->as.ary;
    return RARRAY(array)->as.heap.ptr;
}

bool
hd_mri_string_shared(VALUE string) {
    return RB_FL_TEST_RAW(string, RUBY_ELTS_SHARED) != 0 &&
           RB_FL_TEST_RAW(string, RSTRING_NOEMBED) != 0;
}

VALUE
hd_mri_hash_default(VALUE hash) {
    const struct hd_layout *layout = hd_layout();
    return layout ? hd_read((void *)hash, layout->hash_default) : RUBY_Qundef;
}

bool
hd_mri_hash_default_is_proc(VALUE hash) {
    return RB_FL_TEST_RAW(hash, RUBY_FL_USER2) != 0;
}

/* How a hash with a table of its own compares keys; NULL for a small one. */
static const void *
comparison_of(VALUE hash) {
    enum { HAS_TABLE = RUBY_FL_USER3, TABLE = 24, TYPE_OF_TABLE = 8 };
    if (!hd_layout() || !RB_FL_TEST_RAW(hash, HAS_TABLE)) return NULL;
    return hd_read_pointer((void *)hash, TABLE + TYPE_OF_TABLE);
}

static const void *identity;

void
hd_hash_learn(VALUE identity_hash) {
    // before 3.3 the table is elsewhere, but there MRI can be asked
    if (!rb_hash_compare_by_id_p) identity = comparison_of(identity_hash);
}

bool
hd_mri_hash_by_identity(VALUE hash) {
    if (rb_hash_compare_by_id_p) return RTEST(rb_hash_compare_by_id_p(hash));
    return identity && comparison_of(hash) == identity;
}

void
hd_mri_hash_each(VALUE hash, int (*fn)(VALUE, VALUE, VALUE), VALUE data) {
    rb_hash_stlike_foreach(hash, fn, data);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
bool
hd_mri_file(VALUE file, struct hd_file *out) {
    const rb_io_t *fptr = RFILE(file)->fptr;
    if (!fptr) return false;
    out->fd = fptr->fd;
    out->path = fptr->pathv;
    return true;
}
#pragma GCC diagnostic pop
