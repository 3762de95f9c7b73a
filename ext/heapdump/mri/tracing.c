/*
 * Reads the table in which the stdlib's objspace records allocations.
 */
#include "mri/internal.h"

#include <dlfcn.h>
#include <string.h>

const void *
hd_tracepoint_data(VALUE tracepoint, unsigned event, const void *function) {
    const void *tp = hd_mri_data_pointer(tracepoint);
    if (!hd_plausible(tp) || !(hd_read_u32(tp, HD_TRACEPOINT_EVENTS) & event)) return NULL;
    if (function && hd_read_pointer(tp, HD_TRACEPOINT_FUNCTION) != function) return NULL;
    return hd_read_pointer(tp, HD_TRACEPOINT_DATA);
}

/* Other libraries trace allocations too, but only objspace has this table. */
static bool
is_of_objspace(VALUE tracepoint) {
    const void *tp = hd_mri_data_pointer(tracepoint);
    const void *function = hd_read_pointer(tp, HD_TRACEPOINT_FUNCTION);
    Dl_info info;
    if (!function || !dladdr(function, &info) || !info.dli_fname) return false;
    const char *base = strrchr(info.dli_fname, '/');
    return strncmp(base ? base + 1 : info.dli_fname, "objspace.", 9) == 0;
}

const void *
hd_mri_allocation_table(VALUE tracepoint) {
    const void *arg = hd_tracepoint_data(tracepoint, RUBY_INTERNAL_EVENT_NEWOBJ, NULL);
    if (!hd_plausible(arg) || !is_of_objspace(tracepoint)) return NULL;
    // after tracing has stopped, the table is not updated when an address is used again
    if (!hd_read_u32(hd_mri_data_pointer(tracepoint), HD_TRACEPOINT_TRACING)) return NULL;
    const void *table = hd_read_pointer(arg, HD_TRACER_TABLE);
    return hd_plausible(table) ? table : NULL;
}

bool
hd_mri_allocation(const struct hd_pages *pages, const void *table, VALUE obj,
                  struct hd_allocation *out) {
    st_data_t found;
    if (!st_lookup((st_table *)table, (st_data_t)obj, &found)) return false;
    const void *info = (const void *)found;
    if (!hd_plausible(info) || !hd_read_u32(info, HD_ALLOCATION_LIVING)) return false;
    out->file = hd_read_pointer(info, HD_ALLOCATION_FILE);
    out->line = hd_read(info, HD_ALLOCATION_LINE);
    VALUE method = hd_read(info, HD_ALLOCATION_METHOD);
    if (RB_STATIC_SYM_P(method) || hd_is_type(pages, method, RUBY_T_SYMBOL)) {
        out->method = rb_sym2str(method);
    }
    else {
        out->method = 0;
    }
    out->generation = hd_read(info, HD_ALLOCATION_GENERATION);
    return true;
}

/* The object of hd_mri_make_traced_object, and what objspace says about its allocation. */
static struct {
    VALUE object; /* 0 if no allocations are traced */
    const char *file;
    size_t file_size;
    unsigned long line;
    size_t generation;
} known;

static VALUE
ask(const char *method, VALUE object) {
    return rb_funcall(rb_path2class("ObjectSpace"), rb_intern(method), 1, object);
}

VALUE
hd_mri_make_traced_object(void) {
    known.object = 0;
    VALUE object = rb_obj_alloc(rb_cObject);
    VALUE file = ask("allocation_sourcefile", object), line = ask("allocation_sourceline", object);
    VALUE generation = ask("allocation_generation", object);
    if (!RB_TYPE_P(file, T_STRING) || !RB_FIXNUM_P(line) || !RB_FIXNUM_P(generation)) return Qnil;
    static char copy[4096];
    known.file_size = (size_t)RSTRING_LEN(file);
    if (known.file_size >= sizeof copy) return Qnil;
    memcpy(copy, RSTRING_PTR(file), known.file_size);
    known.file = copy;
    known.line = (unsigned long)FIX2LONG(line);
    known.generation = (size_t)FIX2LONG(generation);
    known.object = object;
    return object;
}

/* True if st_lookup is safe: the table is one of MRI's own tables with numbers as keys. */
static bool
may_be_asked(const st_table *table) {
    st_table *own = st_init_numtable();
    bool same = hd_table_is_sound(table) &&
                hd_read_pointer(table, offsetof(st_table, type)) == (const void *)own->type;
    st_free_table(own);
    return same;
}

static bool
knows_the_known(const struct hd_pages *pages, const void *table) {
    struct hd_allocation told;
    if (!known.object) return true; // objspace records no object that is made outside of a frame
    if (!hd_mri_allocation(pages, table, known.object, &told)) return false;
    return told.line == known.line && told.generation == known.generation &&
           hd_is_readable(told.file, known.file_size + 1) &&
           memcmp(told.file, known.file, known.file_size) == 0 && !told.file[known.file_size];
}

bool
hd_mri_allocations_are_right(const struct hd_pages *pages, const void *table) {
    bool right = false;
    if (hd_careful_begin()) {
        right = may_be_asked(table) && knows_the_known(pages, table) && hd_unreadable == 0;
        hd_careful_end();
    }
    if (!right) hd_switch_off(HD_CAN_ALLOCATIONS);
    return right;
}
