/*
 * Checks that the walk allocates no object; see purity.h.
 */
#include "guard/purity.h"

#include <ruby.h>

#if HD_CHECKED

static bool foreign;
static size_t allocated;

static size_t
count_allocated(void) {
    static VALUE counter;
    if (!counter) counter = ID2SYM(rb_intern("total_allocated_objects"));
    return rb_gc_stat(counter);
}

void
hd_purity_begin(void) {
    foreign = false;
    allocated = count_allocated();
}

void
hd_purity_end(void) {
    HD_CHECK(!foreign);
}

void
hd_purity_check(void) {
    HD_CHECK(!foreign);
    HD_CHECK(count_allocated() == allocated);
}

void
hd_purity_foreign_begin(void) {
    hd_purity_check();
    foreign = true;
}

void
hd_purity_foreign_end(void) {
    HD_CHECK(foreign);
    foreign = false;
    allocated = count_allocated();
}

#endif
