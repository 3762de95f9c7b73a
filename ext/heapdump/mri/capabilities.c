/*
 * The capabilities that are switched on in this process, and their names.
 */
#include "mri/internal.h"

static unsigned switched_on;

static const char *const names[HD_CAPABILITIES] = {
    "hash_entries",  "constants",  "iseq",          "env",          "proc",          "method_entry",
    "frames",        "fiber",      "fiber_locals",  "imemo",        "weak",          "set",
    "gc_flags",      "remembered", "allocations",   "finalizers",   "storage",       "singletons",
    "stacks",        "operands",   "thread_fields", "fiber_fields", "fiber_storage", "errinfo",
    "ractor_fields", "vm_fields",  "trap_handlers", "pinned",       "addresses",
};

bool
hd_can(enum hd_capability capability) {
    return switched_on >> capability & 1;
}

void
hd_switch_on(enum hd_capability capability) {
    switched_on |= 1u << capability;
}

void
hd_switch_off(enum hd_capability capability) {
    switched_on &= ~(1u << capability);
}

const char *
hd_capability_name(enum hd_capability capability) {
    return names[capability];
}
