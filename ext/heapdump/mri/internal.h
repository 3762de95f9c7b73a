/*
 * What the files of this folder share: exported functions that no public header declares, and how
 * words are read by layout. Nobody else includes this.
 */
#ifndef HEAPDUMP_MRI_INTERNAL_H
#define HEAPDUMP_MRI_INTERNAL_H

#include "mri/mri.h"
#include "mri/layout.h"
#include "mri/pages.h"

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
HD_WEAK VALUE rb_gvar_get(ID);
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

/*
 * read.c: while it is `hd_careful`, words are read in a way that survives a wrong address: what
 * cannot be read counts as 0, and in hd_unreadable. hd_careful_begin returns false where this
 * process has no such way. Whatever is found by layout has to be read by these functions.
 */
extern bool hd_careful;
extern unsigned hd_unreadable;
bool hd_careful_begin(void);
void hd_careful_end(void);
void hd_copy_carefully(void *to, const void *from, size_t size);
bool hd_is_readable(const void *from, size_t size);
/* False where MRI, which reads it without care, would crash; true at once when not careful. */
bool hd_table_is_sound(const st_table *table);

static inline VALUE
hd_read(const void *base, ptrdiff_t offset) {
    const VALUE *at = (const VALUE *)((const char *)base + offset);
    if (!hd_careful) return *at;
    VALUE word;
    hd_copy_carefully(&word, at, sizeof word);
    return word;
}

static inline const void *
hd_read_pointer(const void *base, ptrdiff_t offset) {
    return (const void *)hd_read(base, offset);
}

static inline unsigned
hd_read_u32(const void *base, ptrdiff_t offset) {
    const unsigned *at = (const unsigned *)((const char *)base + offset);
    if (!hd_careful) return *at;
    unsigned number;
    hd_copy_carefully(&number, at, sizeof number);
    return number;
}

/* True where a walk of words that are no longer what they should be has to end. */
static inline bool
hd_is_lost(void) {
    return hd_careful && hd_unreadable > 0;
}

/* A pointer that could be one: aligned and above the first page. */
static inline bool
hd_plausible(const void *pointer) {
    return (uintptr_t)pointer >= 4096 && (uintptr_t)pointer % sizeof(VALUE) == 0;
}

/* The words that local variables live in, whose table of names has `size` entries. */
static inline const VALUE *
hd_locals_below(const VALUE *ep, unsigned size) {
    return (const VALUE *)((const char *)ep + HD_EP_ENTRY) - size;
}

static inline bool
hd_is_type(const struct hd_pages *pages, VALUE v, int type) {
    return v != 0 && hd_pages_have_object(pages, v) && (int)RB_BUILTIN_TYPE(v) == type;
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
/* And that it does not work after all. */
void hd_switch_off(enum hd_capability capability);

/* calibrate.c tells the others what known objects have shown. */
/* data.c: which types are MRI's own. */
void hd_data_learn(enum hd_data_kind kind, VALUE known);
/* fields.c: how a hash compares that does so by identity. */
void hd_hash_learn(VALUE identity_hash);
/* heap.c: makes an object that it needs. */
void hd_heap_init(void);
/* fields.c: the flag that singleton classes have and others have not; 0 for none. */
void hd_singleton_learn(VALUE flag);
/* heap.c: what hd_mri_hides_finalizers and hd_mri_finalizers_have_ids answer. */
void hd_finalizers_learn(bool hidden, bool have_ids);

/* tracing.c: what a tracepoint for the event was made with; NULL if it is for others. */
const void *hd_tracepoint_data(VALUE tracepoint, unsigned event, const void *function);

/* gc.c: interns the names of the GC's flags. */
void hd_gc_init(void);

#endif
