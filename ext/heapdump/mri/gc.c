/*
 * The state of an object in the GC, as MRI reports it.
 */
#include "mri/internal.h"

#include <string.h>

static struct { ID protected, old, pinned, remembered, marked; } names;

void
hd_gc_init(void) {
    names.protected = rb_intern("wb_protected");
    names.old = rb_intern("old");
    names.pinned = rb_intern("pinned");
    names.remembered = rb_intern("remembered");
    names.marked = rb_intern("marked");
    // called here because both intern names when they are called for the first time
    ID flags[16];
    if (rb_obj_gc_flags) rb_obj_gc_flags(rb_cObject, flags, 16);
    if (rb_gc_object_metadata) rb_gc_object_metadata(rb_cObject);
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
    if (name == names.marked) return HD_MARKED;
    return 0;
}

/*
 * Before Ruby 3.5 MRI reports flags as a list of names. The last answer is remembered, because most
 * objects have the same flags as the object before them.
 */
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
    // the last answer is remembered: most objects have the same flags as the object before them
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
