/*
 * The heap as a whole: pages, references, roots.
 */
#include "mri/internal.h"

#include <pthread.h>

void
hd_mri_each_page(hd_page_fn *fn, void *data) {
    rb_objspace_each_objects(fn, data);
}

void
hd_mri_references(VALUE obj, void (*fn)(VALUE, void *), void *data) {
    // since 3.4 MRI writes only into those envs that lack the flag
    bool is_env = HD_RUBY < 304 && RB_BUILTIN_TYPE(obj) == RUBY_T_IMEMO &&
                  hd_imemo_number(obj) == HD_NUMBER_ENV;
    if (is_env && hd_can(HD_CAN_ENV) && hd_env_references(obj, fn, data)) return;
    rb_objspace_reachable_objects_from(obj, fn, data);
}

void
hd_mri_roots(void (*fn)(const char *, VALUE, void *), void *data) {
    rb_objspace_reachable_objects_from_root(fn, data);
}

/* A function that is called once, by the thread that has made this struct. */
struct once {
    void (*fn)(void *);
    void *data;
    pthread_t thread;
    bool called;
};

static void
run_once(struct once *once) {
    if (!pthread_equal(pthread_self(), once->thread) || once->called) return;
    once->called = true;
    once->fn(once->data);
}

static void *
call_at_barrier(void *once) {
    run_once(once);
    return NULL;
}

static void
call_in_mark(VALUE ref, void *once) {
    (void)ref;
    run_once(once);
}

/*
 * Before Ruby 4.0 MRI exports no function that stops other Ractors. But while one thread holds the
 * VM's lock, no Ractor changes the tables that all share, starts a GC or takes a page of the heap;
 * and since 3.2 MRI holds this lock while it reports the references of an object. So fn is called
 * during such a report. On 3.1 another thread may hold the lock at the fork. Then the child hangs,
 * and the coordinator notices that no object is written any more.
 */
void
hd_mri_stop_ractors(bool several, void (*fn)(void *), void *data) {
    struct once once = {fn, data, pthread_self(), false};
    if (several && rb_vm_lock_with_barrier) rb_vm_lock_with_barrier(call_at_barrier, &once);
    else if (several) rb_objspace_reachable_objects_from(rb_cString, call_in_mark, &once);
    run_once(&once);
}

static VALUE plain; /* a String whose only reference is its class */

void
hd_heap_init(void) {
    plain = rb_str_new_cstr("heapdump");
    rb_gc_register_mark_object(plain);
}

VALUE
hd_heap_pinned(void) {
    return plain;
}

/*
 * While MRI reports the references of an object, it stores the function to call instead of marking.
 * When the report is over, MRI restores what was stored before. fn runs during such a report, so it
 * ends with that. The object has a single reference, so nothing more is reported after fn.
 */
void
hd_mri_contain_marking(void (*fn)(void *), void *data) {
    struct once once = {fn, data, pthread_self(), false};
    rb_objspace_reachable_objects_from(plain, call_in_mark, &once);
    run_once(&once);
}

static bool finalizers_are_hidden, finalizers_have_ids;

void
hd_finalizers_learn(bool hidden, bool have_ids) {
    finalizers_are_hidden = hidden;
    finalizers_have_ids = have_ids;
}

bool
hd_mri_hides_finalizers(void) {
    return finalizers_are_hidden;
}

bool
hd_mri_finalizers_have_ids(void) {
    return finalizers_have_ids;
}

bool
hd_mri_is_known(void) {
    return hd_layout() != NULL;
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
