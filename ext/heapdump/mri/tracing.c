/*
 * Reads the table in which the stdlib's objspace records allocations.
 */
#include "internal.h"

#include <dlfcn.h>
#include <string.h>

enum { TP_EVENTS = 0, TP_TRACING = 4, TP_FUNCTION = 24, TP_DATA = 32, TRACE_TABLE = 24 };
enum { INFO_LIVING = 0, INFO_FILE = 24, INFO_LINE = 32, INFO_METHOD = 48, INFO_GENERATION = 56 };

const void *
hd_mri_allocation_table(VALUE tracepoint) {
    const void *tp = hd_mri_data_pointer(tracepoint);
    if (!hd_plausible(tp)) return NULL;
    if (!(hd_read_u32(tp, TP_EVENTS) & RUBY_INTERNAL_EVENT_NEWOBJ)) return NULL;
    // once it has stopped nobody notes which addresses are reused
    if (!hd_read_u32(tp, TP_TRACING)) return NULL;
    const void *function = *(void *const *)((const char *)tp + TP_FUNCTION);
    Dl_info info;
    // Others trace allocations too; only objspace keeps this table.
    if (!function || !dladdr(function, &info) || !info.dli_fname) return NULL;
    const char *base = strrchr(info.dli_fname, '/');
    if (strncmp(base ? base + 1 : info.dli_fname, "objspace.", 9) != 0) return NULL;
    const void *arg = hd_read_pointer(tp, TP_DATA);
    const void *table = hd_plausible(arg) ? hd_read_pointer(arg, TRACE_TABLE) : NULL;
    return hd_plausible(table) ? table : NULL;
}

bool
hd_mri_allocation(const struct hd_pages *pages, const void *table, VALUE obj,
                  struct hd_allocation *out) {
    st_data_t found;
    if (!st_lookup((st_table *)table, (st_data_t)obj, &found)) return false;
    const void *info = (const void *)found;
    if (!hd_plausible(info) || !hd_read_u32(info, INFO_LIVING)) return false;
    out->file = (const char *)*(void *const *)((const char *)info + INFO_FILE);
    out->line = hd_read(info, INFO_LINE);
    VALUE method = hd_read(info, INFO_METHOD);
    if (RB_STATIC_SYM_P(method) || hd_is_type(pages, method, RUBY_T_SYMBOL)) {
        out->method = rb_sym2str(method);
    }
    else {
        out->method = 0;
    }
    out->generation = hd_read(info, INFO_GENERATION);
    return true;
}
