/*
 * What the files of this folder share: functions that MRI exports but no public header declares,
 * and functions that read words by layout. Files of other folders must not include this.
 */
#ifndef HEAPDUMP_MRI_INTERNAL_H
#define HEAPDUMP_MRI_INTERNAL_H

#include "mri/mri.h"
#include "mri/layout.h"
#include "mri/pages.h"

#include <ruby/debug.h>
#include <ruby/st.h>
#include <stdio.h>

/*
 * MRI exports these on some or all versions. They are declared weak: a missing one is NULL, and the
 * extension still loads.
 */
#define HD_WEAK __attribute__((weak))
HD_WEAK void rb_objspace_each_objects(int (*fn)(void *, void *, size_t, void *), void *data);
HD_WEAK void rb_objspace_reachable_objects_from(VALUE, void (*)(VALUE, void *), void *);
HD_WEAK void rb_objspace_reachable_objects_from_root(void (*)(const char *, VALUE, void *), void *);
HD_WEAK void *rb_vm_lock_with_barrier(void *(*fn)(void *), void *data);
HD_WEAK int rb_bug_reporter_add(void (*fn)(FILE *, void *), void *data);
HD_WEAK VALUE rb_gvar_get(ID);
HD_WEAK size_t rb_obj_memsize_of(VALUE);
HD_WEAK size_t rb_gc_obj_slot_size(VALUE); /* since 3.2 */
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
 * read.c: while `hd_careful` is true, a wrong address does no harm: a word that cannot be read is
 * 0, and hd_unreadable counts it. hd_careful_begin returns false if this process cannot read in
 * this way. Everything that was found by layout must be read by these functions.
 */
extern unsigned hd_unreadable;
bool hd_careful_begin(void);
void hd_careful_end(void);
void hd_copy_carefully(void *to, const void *from, size_t size);
bool hd_is_readable(const void *from, size_t size);
/*
 * False if MRI would crash when it walks this table, since MRI does not read carefully. Always true
 * while `hd_careful` is false.
 */
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

/* True if a loop over words must end, because a word could not be read: the address is wrong. */
static inline bool
hd_is_lost(void) {
    return hd_careful && hd_unreadable > 0;
}

/* True if this could be a pointer: it is aligned and lies above the first page of memory. */
static inline bool
hd_plausible(const void *pointer) {
    return (uintptr_t)pointer >= 4096 && (uintptr_t)pointer % sizeof(VALUE) == 0;
}

/* The place of the local variables that belong to `ep`; their table of names has `size` entries. */
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

enum {
    HD_NUMBER_ENV = 0,
    HD_NUMBER_CREF = 1,
    HD_NUMBER_SVAR = 2,
    HD_NUMBER_MENT = 6,
    HD_NUMBER_ISEQ = 7
};

static inline bool
hd_is_imemo(const struct hd_pages *pages, VALUE v, int number) {
    return hd_is_type(pages, v, RUBY_T_IMEMO) && hd_imemo_number(v) == number;
}

/* stack.c: calls fn for each entry of a table of MRI's whose keys are IDs. */
void hd_each_id(const void *table, void (*fn)(ID name, VALUE value, void *data), void *data);

/*
 * code.c: the references of an env as MRI marks them, without a write to it. Returns false if that
 * is not possible; then nothing was reported. Needs HD_CAN_ENV.
 */
bool hd_env_references(VALUE env, void (*fn)(VALUE ref, void *data), void *data);

/* jit.c: true if ZJIT ran when hd_mri_ask_jit was last called. */
bool hd_zjit_runs(void);

/* capabilities.c: switched on by calibrate.c when the check has passed. */
void hd_switch_on(enum hd_capability capability);
/* Switched off when a later check fails. */
void hd_switch_off(enum hd_capability capability);

/* By the functions hd_*_learn, calibrate.c passes on what the known objects have shown. */
/* data.c: `known` is an object of this kind, so its type is that of the kind. */
void hd_data_learn(enum hd_data_kind kind, VALUE known);
/* fields.c: `identity_hash` is a Hash that compares keys by identity. */
void hd_hash_learn(VALUE identity_hash);
/* heap.c: makes an object that it needs, which is also the one that is known to be pinned. */
void hd_heap_init(void);
VALUE hd_heap_pinned(void);
/* fields.c: the flag that only singleton classes have; 0 if it was not found. */
void hd_singleton_learn(VALUE flag);
/* unnamed.c: a NameError (or nil) with this receiver, and a String that was packed with "p". */
void hd_unnamed_learn(VALUE error, VALUE packed, VALUE receiver);
/* heap.c: the answers of hd_mri_hides_finalizers and hd_mri_finalizers_have_ids. */
void hd_finalizers_learn(bool hidden, bool have_ids);

/* stack.c: the place in a context of its native stack: where it begins, where it ends, its size. */
void hd_stacks_learn(ptrdiff_t offset);

/*
 * tracing.c: the data with which a tracepoint was made. NULL if it is not for this event, or,
 * unless `function` is NULL, has another function.
 */
const void *hd_tracepoint_data(VALUE tracepoint, unsigned event, const void *function);

/* trust.c: call this when all checks are over. */
void hd_trust_learn(void);
/* trust.c: call this afterwards. Each of the known objects has a type of its own, and is small. */
void hd_slots_learn(const struct hd_pages *pages, const VALUE *known, size_t size);

/* gc.c: interns the names of the GC's flags. */
void hd_gc_init(void);

#endif
