/*
 * The heap as a whole: pages, references, roots.
 */
#include "internal.h"

void
hd_mri_each_page(hd_page_fn *fn, void *data) {
    rb_objspace_each_objects(fn, data);
}

void
hd_mri_references(VALUE obj, void (*fn)(VALUE, void *), void *data) {
    rb_objspace_reachable_objects_from(obj, fn, data);
}

void
hd_mri_roots(void (*fn)(const char *, VALUE, void *), void *data) {
    rb_objspace_reachable_objects_from_root(fn, data);
}

bool
hd_mri_hides_finalizers(void) {
    return HD_RUBY >= 304;
}

bool
hd_mri_finalizers_have_ids(void) {
    return HD_RUBY >= 400;
}

static void
call_reporter(FILE *out, void *data) {
    (void)out;
    (*(void (**)(void))data)();
}

void
hd_mri_on_bug(void (*fn)(void)) {
    static void (*reporter)(void);
    reporter = fn;
    if (rb_bug_reporter_add) rb_bug_reporter_add(call_reporter, &reporter);
}
