/*
 * The capabilities that are switched on in this process, and their names.
 */
#include "mri/internal.h"

unsigned hd_capabilities;

static const char *const names[HD_CAPABILITIES] = {
    "hash_entries",  "constants",  "iseq",          "env",          "proc",          "method_entry",
    "frames",        "fiber",      "fiber_locals",  "imemo",        "weak",          "set",
    "gc_flags",      "remembered", "allocations",   "finalizers",   "storage",       "singletons",
    "stacks",        "operands",   "thread_fields", "fiber_fields", "fiber_storage", "errinfo",
    "ractor_fields", "vm_fields",  "trap_handlers", "pinned",       "addresses",
};

void
hd_switch_on(enum hd_capability capability) {
    hd_capabilities |= 1u << capability;
}

void
hd_switch_off(enum hd_capability capability) {
    hd_capabilities &= ~(1u << capability);
}

const char *
hd_capability_name(enum hd_capability capability) {
    return names[capability];
}
