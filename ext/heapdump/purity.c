/*
 * The promises of the walk about Ruby; see purity.h.
 */
#include "purity.h"

#include <ruby.h>
#include <ruby/debug.h>

#if HD_CHECKED

/* Not calls: for them MRI would change the code that it runs. In a child guard.c looks at those. */
enum { EVENTS = RUBY_EVENT_RAISE };

static bool foreign;
static size_t allocated;

static size_t
count_allocated(void) {
    static VALUE counter;
    if (!counter) counter = ID2SYM(rb_intern("total_allocated_objects"));
    return rb_gc_stat(counter);
}

static void
happened(rb_event_flag_t event, VALUE data, VALUE self, ID id, VALUE klass) {
    (void)event, (void)data, (void)self, (void)id, (void)klass;
    HD_CHECK(foreign && "nothing is raised while objects are read");
}

void
hd_purity_begin(void) {
    foreign = false;
    rb_add_event_hook(happened, EVENTS, Qnil);
    allocated = count_allocated();
}

void
hd_purity_end(void) {
    rb_remove_event_hook(happened);
}

void
hd_purity_check(void) {
    HD_CHECK(!foreign);
    HD_CHECK(count_allocated() == allocated);
}

void
hd_purity_foreign(bool is) {
    foreign = is;
    if (!is) allocated = count_allocated();
}

#endif
