/*
 * What the files of this folder share: exported functions that no public header declares, and how
 * words are read by layout. Nobody else includes this.
 */
#ifndef HEAPDUMP_MRI_INTERNAL_H
#define HEAPDUMP_MRI_INTERNAL_H

#include "mri.h"
#include "layout.h"

#include <ruby/debug.h>
#include <ruby/st.h>
#include <stdio.h>

/* Exported by MRI on some or all versions. Weak: NULL where absent, so that loading never fails. */
#define HD_WEAK __attribute__((weak))
HD_WEAK void rb_objspace_each_objects(int (*fn)(void *, void *, size_t, void *), void *data);
HD_WEAK void rb_objspace_reachable_objects_from(VALUE, void (*)(VALUE, void *), void *);
HD_WEAK void rb_objspace_reachable_objects_from_root(void (*)(const char *, VALUE, void *), void *);
HD_WEAK void *rb_vm_lock_with_barrier(void *(*fn)(void *), void *data);
HD_WEAK int rb_bug_reporter_add(void (*fn)(FILE *, void *), void *data);
HD_WEAK size_t rb_obj_memsize_of(VALUE);
HD_WEAK size_t rb_obj_gc_flags(VALUE, ID *, size_t);
HD_WEAK const char *rb_imemo_name(int);
HD_WEAK int rb_hash_stlike_foreach(VALUE, int (*)(st_data_t, st_data_t, st_data_t), st_data_t);
HD_WEAK VALUE rb_hash_compare_by_id_p(VALUE);
HD_WEAK VALUE rb_class_attached_object(VALUE);
HD_WEAK unsigned rb_iseq_line_no(const void *iseq, size_t pos);

struct hd_gc_metadata {
    ID name;
    VALUE value;
};
HD_WEAK struct hd_gc_metadata *rb_gc_object_metadata(VALUE);

static inline VALUE
hd_read(const void *base, ptrdiff_t offset) {
    return *(const VALUE *)((const char *)base + offset);
}

static inline const void *
hd_read_pointer(const void *base, ptrdiff_t offset) {
    return *(void *const *)((const char *)base + offset);
}

static inline unsigned
hd_read_u32(const void *base, ptrdiff_t offset) {
    return *(const unsigned *)((const char *)base + offset);
}

/* A pointer that could be one: aligned and above the first page. */
static inline bool
hd_plausible(const void *pointer) {
    return (uintptr_t)pointer >= 4096 && (uintptr_t)pointer % sizeof(VALUE) == 0;
}

static inline bool
hd_is_type(const struct hd_pages *pages, VALUE v, int type) {
    return hd_pages_have_object(pages, v) && (int)RB_BUILTIN_TYPE(v) == type;
}

static inline int
hd_imemo_number(VALUE imemo) {
    return (int)(RBASIC(imemo)->flags >> 12 & 0xf);
}

enum { HD_NUMBER_ENV = 0, HD_NUMBER_CREF = 1, HD_NUMBER_MENT = 6, HD_NUMBER_ISEQ = 7 };

static inline bool
hd_is_imemo(const struct hd_pages *pages, VALUE v, int number) {
    return hd_is_type(pages, v, RUBY_T_IMEMO) && hd_imemo_number(v) == number;
}

/* capabilities.c: for calibrate.c, which has found that this works. */
void hd_switch_on(enum hd_capability capability);
/* calibrate.c: tells data.c which types are MRI's own, by known objects. */
void hd_data_learn(enum hd_data_kind kind, VALUE known);
/* calibrate.c: tells fields.c how a hash compares that does so by identity. */
void hd_hash_learn(VALUE identity_hash);
/* heap.c: makes an object that it needs. */
void hd_heap_init(void);
/* fields.c: interns the names of the GC's flags. */
void hd_fields_init(void);

#endif
