/*
 * Calls that may reach functions of extensions; see foreign.h.
 */
#include "guard/foreign.h"

#include "guard/guard.h"
#include "guard/purity.h"
#include "mri/mri.h"

void
hd_references(VALUE obj, void (*fn)(VALUE ref, void *data), void *data) {
    bool foreign = RB_BUILTIN_TYPE(obj) == RUBY_T_DATA;
    hd_purity_foreign(foreign);
    hd_mri_references(obj, fn, data);
    hd_purity_foreign(false);
    if (foreign) hd_guard_stay();
}

size_t
hd_memsize(VALUE obj) {
    bool foreign = RB_BUILTIN_TYPE(obj) == RUBY_T_DATA;
    hd_purity_foreign(foreign);
    size_t size = hd_mri_memsize(obj);
    hd_purity_foreign(false);
    if (foreign) hd_guard_stay();
    return size;
}
