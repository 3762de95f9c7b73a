/*
 * Checks of gc.c, heap.c and tracing.c.
 */
#include "mri/calibrate.h"

#include <string.h>

bool
hd_check_gc_flags(const struct known *known) {
    if (!rb_obj_gc_flags && !rb_gc_object_metadata) return false;
    return !(hd_mri_gc_flags(known->value) & HD_UNPROTECTED);
}

bool
hd_check_remembered(const struct known *known) {
    (void)known;
    return rb_gc_object_metadata != NULL;
}

static bool
tells_of_tracing(VALUE tracepoint) {
    const void *body = hd_mri_data_pointer(tracepoint);
    bool before = hd_read_u32(body, HD_TRACEPOINT_TRACING) == 0;
    rb_tracepoint_enable(tracepoint); // no object is allocated before it is disabled again
    bool meanwhile = hd_read_u32(body, HD_TRACEPOINT_TRACING) == 1;
    rb_tracepoint_disable(tracepoint);
    return before && meanwhile && hd_read_u32(body, HD_TRACEPOINT_TRACING) == 0;
}

/*
 * The table itself exists only while allocations are traced; hd_mri_allocations_are_right checks
 * it.
 */
bool
hd_check_allocations(const struct known *known) {
    const void *body = hd_mri_data_pointer(known->tracepoint);
    return hd_mri_data_kind(known->tracepoint) == HD_DATA_TRACEPOINT &&
           hd_read_u32(body, HD_TRACEPOINT_EVENTS) == RUBY_INTERNAL_EVENT_NEWOBJ &&
           hd_tracepoint_data(known->tracepoint, RUBY_INTERNAL_EVENT_NEWOBJ,
                              (const void *)hd_known_trace) == &hd_known_trace_data &&
           tells_of_tracing(known->tracepoint) && !hd_mri_allocation_table(known->tracepoint);
}

static void
root_i(const char *category, VALUE ref, void *data) {
    (void)ref;
    if (strcmp(category, "finalizers") == 0) *(bool *)data = true;
}

/* The array in which the GC stores the finalizer of the known object; 0 if there is none. */
static VALUE
table_of(const struct known *known) {
    for (size_t i = 0; i < known->pages.size; i++) {
        const struct hd_page *page = &known->pages.list[i];
        for (VALUE obj = page->start; obj < page->end; obj += page->stride) {
            if (!hd_mri_is_object(obj) || RB_BUILTIN_TYPE(obj) != RUBY_T_ARRAY) continue;
            long size = RBASIC_CLASS(obj) ? 0 : RARRAY_LEN(obj);
            if (size < 1 || size > 2) continue;
            if (hd_read(hd_mri_array_elements(obj) + size - 1, 0) == known->finalizer) return obj;
        }
    }
    return 0;
}

bool
hd_check_finalizers(const struct known *known) {
    bool told = false;
    if (!RB_FL_TEST_RAW(known->finalized, RUBY_FL_FINALIZE)) return false;
    hd_mri_roots(root_i, &told);
    hd_finalizers_learn(!told, false);
    if (told) return true;
    VALUE table = table_of(known);
    if (!table) return false;
    bool has_id = RARRAY_LEN(table) == 2;
    hd_finalizers_learn(true, has_id);
    return !has_id || hd_read(hd_mri_array_elements(table), 0) == rb_obj_id(known->finalized);
}
