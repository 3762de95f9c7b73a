/*
 * Calls that may reach functions of extensions; see foreign.h.
 */
#include "guard/foreign.h"

#include "guard/guard.h"
#include "guard/purity.h"
#include "mri/mri.h"

static bool
begin(VALUE obj) {
    bool foreign = RB_BUILTIN_TYPE(obj) == RUBY_T_DATA;
    if (foreign) hd_purity_foreign_begin();
    return foreign;
}

static void
end(bool foreign) {
    if (!foreign) return;
    hd_purity_foreign_end();
    hd_guard_stay();
}

void
hd_references(VALUE obj, void (*fn)(VALUE ref, void *data), void *data) {
    bool foreign = begin(obj);
    hd_mri_references(obj, fn, data);
    end(foreign);
}

size_t
hd_memsize_of(VALUE obj) {
    bool foreign = begin(obj);
    size_t size = hd_mri_memsize(obj);
    end(foreign);
    return size;
}
