/*
 * What the flags of an object say, and what is known of its type: the questions of mri.h that are
 * asked of every object of a dump. They are inline for that reason alone. Part of mri.h.
 */
#ifndef HEAPDUMP_MRI_FLAGS_H
#define HEAPDUMP_MRI_FLAGS_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>

#include "mri/version.h"

extern unsigned hd_capabilities; /* one bit for each capability; see capabilities.c */
extern bool hd_careful;          /* see read.c */
/*
 * One bit for each type of which it is known what MRI marks (hd_mri_marks_what_is_named), and for
 * each type whose objects are as large as their slot if they have nothing outside of it. Both are 0
 * until the checks have passed; see trust.c.
 */
extern unsigned hd_trusted_types, hd_types_in_slot;

static inline bool
hd_can(enum hd_capability capability) {
    return hd_capabilities >> capability & 1;
}

static inline bool
hd_mri_shareable(VALUE obj) {
    return RB_FL_TEST_RAW(obj, RUBY_FL_SHAREABLE) != 0;
}

static inline bool
hd_mri_has_generic_ivars(VALUE obj) {
#if HD_RUBY >= 400 || !defined(HAVE_CONST_RUBY_FL_EXIVAR)
    (void)obj; // they are in a separate object
    return false;
#else
    return RB_FL_TEST_RAW(obj, RUBY_FL_EXIVAR) != 0;
#endif
}

static inline bool
hd_mri_keeps_fields_apart(void) {
    return HD_RUBY >= 400;
}

/* True while the capability `storage` is being checked, and after its check has passed. */
static inline bool
hd_mri_may_look_into_storage(void) {
    return hd_careful || hd_can(HD_CAN_STORAGE);
}

static inline bool
hd_mri_object_embedded(VALUE object) {
#if defined(HAVE_CONST_ROBJECT_HEAP)
    return hd_mri_may_look_into_storage() && RB_FL_TEST_RAW(object, ROBJECT_HEAP) == 0;
#elif defined(HAVE_CONST_ROBJECT_EMBED)
    return hd_mri_may_look_into_storage() && RB_FL_TEST_RAW(object, ROBJECT_EMBED) != 0;
#elif HD_RUBY == 401 // two bits of its shape say where its variables are
    return hd_mri_may_look_into_storage() && (RBASIC(object)->flags >> 61 & 3) == 0;
#else
    (void)object;
    return false;
#endif
}

static inline bool
hd_mri_array_shared(VALUE array) {
    return RB_FL_TEST_RAW(array, RUBY_ELTS_SHARED) != 0 &&
           RB_FL_TEST_RAW(array, RARRAY_EMBED_FLAG) == 0 && hd_mri_may_look_into_storage();
}

static inline bool
hd_mri_array_embedded(VALUE array) {
    return RB_FL_TEST_RAW(array, RARRAY_EMBED_FLAG) != 0 && hd_mri_may_look_into_storage();
}

static inline const VALUE *
hd_mri_array_elements(VALUE array) {
    if (!hd_mri_may_look_into_storage()) return NULL;
    // RARRAY_CONST_PTR is not used: on 3.1 it may move the elements out of the transient heap
    if (hd_mri_array_embedded(array)) return RARRAY(array)->as.ary;
    return RARRAY(array)->as.heap.ptr;
}

static inline bool
hd_mri_string_shared(VALUE string) {
    return RB_FL_TEST_RAW(string, RUBY_ELTS_SHARED) != 0 &&
           RB_FL_TEST_RAW(string, RSTRING_NOEMBED) != 0 && hd_mri_may_look_into_storage();
}

static inline bool
hd_mri_string_embedded(VALUE string) {
    return RB_FL_TEST_RAW(string, RSTRING_NOEMBED) == 0 && hd_mri_may_look_into_storage();
}

static inline bool
hd_mri_marks_what_is_named(VALUE obj) {
    int type = RB_BUILTIN_TYPE(obj);
    if (!(hd_trusted_types >> type & 1)) return false;
    if (type == RUBY_T_OBJECT) return true;
    if (hd_mri_has_generic_ivars(obj)) return false;
    if (type == RUBY_T_STRING) return !hd_mri_string_shared(obj);
    return type != RUBY_T_ARRAY || !hd_mri_array_shared(obj);
}

static inline bool
hd_mri_is_in_slot(VALUE obj) {
    int type = RB_BUILTIN_TYPE(obj);
    if (!(hd_types_in_slot >> type & 1) || hd_mri_has_generic_ivars(obj)) return false;
    switch (type) {
    case RUBY_T_STRING:
        return hd_mri_string_embedded(obj);
    case RUBY_T_ARRAY:
        return hd_mri_array_embedded(obj);
    default:
        return hd_mri_object_embedded(obj);
    }
}

static inline void
hd_mri_fetch_ahead(VALUE slot) {
    const void *const *words = (const void *const *)slot;
    switch (RB_BUILTIN_TYPE(slot)) {
    case RUBY_T_STRING:
        if (RB_FL_TEST_RAW(slot, RSTRING_NOEMBED)) __builtin_prefetch(RSTRING(slot)->as.heap.ptr);
        break;
    case RUBY_T_ARRAY:
        if (!RB_FL_TEST_RAW(slot, RARRAY_EMBED_FLAG)) {
            __builtin_prefetch(RARRAY(slot)->as.heap.ptr);
        }
        break;
    case RUBY_T_OBJECT:
        // the member has another name in Ruby 4.0
        if (!hd_mri_object_embedded(slot)) __builtin_prefetch(words[HD_RUBY < 302 ? 3 : 2]);
        break;
    case RUBY_T_HASH:
        if (HD_RUBY < 303) __builtin_prefetch(words[2]); // later the entries follow the hash
        break;
    default:
        break;
    }
}

#endif
