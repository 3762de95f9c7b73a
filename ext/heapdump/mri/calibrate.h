/*
 * What calibrate.c shares with known.c and check_*.c: the known objects, and one check for each
 * capability. A check calls functions of mri.h with the known objects and returns true if all
 * answers are right. During the checks memory is read carefully (internal.h); a check itself must
 * do so too.
 */
#ifndef HEAPDUMP_MRI_CALIBRATE_H
#define HEAPDUMP_MRI_CALIBRATE_H

#include "mri/internal.h"

struct known {
    struct hd_pages pages;
    VALUE value, outer, inner, method, owner, binding, fiber, thread, enumerator, weak_map,
        weak_key_map, set, hash, module, identity_hash, proc_hash, place, closure, waiting,
        short_array, long_array, shared_array, shared_string, long_string, small_object,
        large_object, classes, singletons, finalized, finalizer, self, c_method, tracepoint, code,
        literal, attribute, group, load_path, loaded_features, exception, ractor, default_group,
        short_string, error, packed;
};

/*
 * known.c: makes the known objects; returns false on failure. hd_known_free undoes what making them
 * has changed.
 */
bool hd_known_make(struct known *known);
void hd_known_free(struct known *known);
/* The function and the data that the known tracepoint was made with. */
void hd_known_trace(VALUE tracepoint, void *data);
extern char hd_known_trace_data;

/*
 * check_holders.c: the offset of the only word of a struct that has this value; -1 if there is none
 * or more than one. `size` bytes are searched.
 */
int hd_find_word(const void *base, int size, VALUE value);
/* The first such word, for a struct behind which may be other memory with the same word. */
int hd_find_first_word(const void *base, int size, VALUE value);

/* True if both are the same object, or Strings that are equal. */
bool hd_same_text(VALUE a, VALUE b);

/* check_code.c */
bool hd_check_iseq(const struct known *known);
bool hd_check_operands(const struct known *known);
bool hd_check_env(const struct known *known);
bool hd_check_proc(const struct known *known);
bool hd_check_method_entry(const struct known *known);
bool hd_check_imemo(const struct known *known);

/* check_stack.c */
bool hd_check_frames(const struct known *known);
bool hd_check_fiber(const struct known *known);
bool hd_check_fiber_locals(const struct known *known);
bool hd_check_stacks(const struct known *known);

/* check_holders.c */
bool hd_check_thread_fields(const struct known *known);
bool hd_check_fiber_fields(const struct known *known);
bool hd_check_fiber_storage(const struct known *known);
bool hd_check_errinfo(const struct known *known);
bool hd_check_ractor_fields(const struct known *known);

/* check_vm.c */
bool hd_check_vm_fields(const struct known *known);
bool hd_check_trap_handlers(const struct known *known);
bool hd_check_pinned(const struct known *known);
bool hd_check_addresses(const struct known *known);

/* check_data.c */
bool hd_check_hash_entries(const struct known *known);
bool hd_check_constants(const struct known *known);
bool hd_check_weak(const struct known *known);
bool hd_check_set(const struct known *known);
bool hd_check_storage(const struct known *known);
bool hd_check_singletons(const struct known *known);

/* check_gc.c */
bool hd_check_gc_flags(const struct known *known);
bool hd_check_remembered(const struct known *known);
bool hd_check_allocations(const struct known *known);
bool hd_check_finalizers(const struct known *known);

#endif
