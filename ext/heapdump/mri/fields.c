/*
 * Flags and fields that every object has, and fields of built-in types for which not every version
 * has public functions.
 */
#include "mri/internal.h"

#include <ruby/io.h>

size_t
hd_mri_memsize(VALUE obj) {
    // MRI aborts on nodes and on types that it does not know
    if (!rb_obj_memsize_of || RB_BUILTIN_TYPE(obj) == RUBY_T_NODE) return 0;
    return rb_obj_memsize_of(obj);
}

bool
hd_mri_is_fields_of(VALUE ref, VALUE obj) {
    if (RB_BUILTIN_TYPE(ref) != RUBY_T_IMEMO || hd_mri_imemo(ref) != HD_IMEMO_FIELDS) return false;
    if (RBASIC_CLASS(ref) == obj) return true;
    // a class that was copied has a copied `fields` object, which still names the original class
    return RB_BUILTIN_TYPE(obj) == RUBY_T_CLASS || RB_BUILTIN_TYPE(obj) == RUBY_T_MODULE;
}

static VALUE singleton_flag;

void
hd_singleton_learn(VALUE flag) {
    singleton_flag = flag;
}

bool
hd_mri_is_singleton(VALUE klass) {
    return RB_BUILTIN_TYPE(klass) == RUBY_T_CLASS && RB_FL_TEST_RAW(klass, singleton_flag) != 0;
}

VALUE
hd_mri_attached(VALUE singleton) {
    if (!hd_mri_is_singleton(singleton)) return 0;
    if (rb_class_attached_object) return rb_class_attached_object(singleton);
    VALUE attached = rb_attr_get(singleton, rb_intern("__attached__"));
    return RB_NIL_P(attached) ? 0 : attached;
}

const void *
hd_mri_transient(VALUE array) {
#ifdef HAVE_CONST_RARRAY_TRANSIENT_FLAG
    if (RB_FL_ANY_RAW(array, RARRAY_TRANSIENT_FLAG)) return RARRAY(array)->as.heap.ptr;
#endif
    (void)array;
    return NULL;
}

VALUE
hd_mri_hash_default(VALUE hash) {
    const struct hd_layout *layout = hd_layout();
    if (!layout || !(hd_careful || hd_can(HD_CAN_HASH_ENTRIES))) return RUBY_Qundef;
    return hd_read((void *)hash, layout->hash_default);
}

bool
hd_mri_hash_default_is_proc(VALUE hash) {
    return RB_FL_TEST_RAW(hash, RUBY_FL_USER2) != 0;
}

/* The functions with which a hash that has an st_table compares keys; NULL for a small hash. */
static const void *
comparison_of(VALUE hash) {
    enum { HAS_TABLE = RUBY_FL_USER3, TABLE = 24, TYPE_OF_TABLE = 8 };
    if (!hd_layout() || !RB_FL_TEST_RAW(hash, HAS_TABLE)) return NULL;
    return hd_read_pointer((void *)hash, TABLE + TYPE_OF_TABLE);
}

static const void *identity;

void
hd_hash_learn(VALUE identity_hash) {
    // before 3.3 the table is at another place, but there MRI exports a function for this
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

bool
hd_mri_global(ID name, VALUE *value) {
    if (!rb_gvar_get) return false;
    *value = rb_gvar_get(name);
    return true;
}
