/*
 * Numbers for classes; see classes.h.
 */
#include "allocations/classes.h"

#include <string.h>

#include "base/types.h"
#include "lines/names.h"
#include "mri/mri.h"

static uint32_t
number_of(struct hd_classes *classes, const char *name, size_t size, uint32_t flag) {
    uint32_t number = hd_texts_number(&classes->names, name, size);
    return number >= HD_INTERNAL ? HD_NO_NUMBER : number | flag;
}

static uint32_t
internal(struct hd_classes *classes, VALUE obj) {
    int type = (int)RB_BUILTIN_TYPE(obj);
    const char *name = type == RUBY_T_IMEMO ? hd_mri_imemo_name(obj) : hd_types[type].name;
    if (!name) name = "unknown";
    return number_of(classes, name, strlen(name), HD_INTERNAL);
}

/* True for types that no program sees, whatever their class is. */
static bool
is_internal(VALUE obj) {
    int type = (int)RB_BUILTIN_TYPE(obj);
    return type == RUBY_T_IMEMO || type == RUBY_T_ICLASS || type == RUBY_T_NODE ||
           RBASIC_CLASS(obj) == 0;
}

/* The number of a class that lives. One without a name may get one later, so it is not noted. */
static uint32_t
living_class(struct hd_classes *classes, VALUE klass) {
    const struct hd_life *known = hd_living_find(&classes->known, klass);
    if (known) return known->site;
    VALUE name = hd_class_name(klass);
    if (!RB_TYPE_P(name, T_STRING)) return number_of(classes, "", 0, 0);
    uint32_t number = number_of(classes, RSTRING_PTR(name), (size_t)RSTRING_LEN(name), 0);
    struct hd_life *entry = number == HD_NO_NUMBER ? NULL : hd_living_add(&classes->known, klass);
    if (!entry) return HD_NO_NUMBER;
    entry->site = number;
    return number;
}

/* The number of a class that may be free: it is known, or one of those that are never freed. */
static uint32_t
dead_class(struct hd_classes *classes, VALUE klass) {
    const struct hd_life *known = hd_living_find(&classes->known, klass);
    if (known) return known->site;
    const VALUE immortal[] = {rb_cString, rb_cArray, rb_cHash, rb_cObject, rb_cRegexp};
    for (size_t i = 0; i < sizeof immortal / sizeof *immortal; i++) {
        if (immortal[i] == klass) return living_class(classes, klass);
    }
    return number_of(classes, "", 0, 0);
}

uint32_t
hd_class_at_birth(struct hd_classes *classes, VALUE obj) {
    return is_internal(obj) ? internal(classes, obj) : living_class(classes, RBASIC_CLASS(obj));
}

uint32_t
hd_class_later(struct hd_classes *classes, VALUE obj, uint32_t at_birth, bool dying) {
    if (is_internal(obj)) return at_birth & HD_INTERNAL ? at_birth : internal(classes, obj);
    if (!dying) return living_class(classes, RBASIC_CLASS(obj));
    return at_birth & HD_INTERNAL ? dead_class(classes, RBASIC_CLASS(obj)) : at_birth;
}

void
hd_classes_freed(struct hd_classes *classes, VALUE module) {
    struct hd_life *entry = hd_living_find(&classes->known, module);
    if (entry) hd_living_remove(&classes->known, entry);
}

void
hd_classes_moved(struct hd_classes *classes) {
    hd_living_free(&classes->known);
}

size_t
hd_classes_memory(const struct hd_classes *classes) {
    return hd_texts_memory(&classes->names) + hd_living_memory(&classes->known);
}

void
hd_classes_free(struct hd_classes *classes) {
    hd_texts_free(&classes->names);
    hd_living_free(&classes->known);
}
