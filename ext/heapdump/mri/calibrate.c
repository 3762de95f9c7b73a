/*
 * When the extension is loaded, checks everything that reads MRI by layout with objects whose
 * content is known. A capability whose check fails stays off for the life of the process. Reading
 * order: known.c, then the checks in check_*.c.
 */
#include "mri/calibrate.h"

#include <stdio.h>
#include <string.h>

#include "base/notice.h"

#define NOTHING HD_CAPABILITIES

/* Each check comes after the check that it depends on. */
static const struct check {
    enum hd_capability capability;
    bool (*passes)(const struct known *);
    bool needs_layout;
    enum hd_capability needs; /* a capability that this one depends on, or NOTHING */
} checks[] = {
    {HD_CAN_STORAGE, hd_check_storage, false, NOTHING},
    {HD_CAN_SINGLETONS, hd_check_singletons, false, NOTHING},
    {HD_CAN_HASH_ENTRIES, hd_check_hash_entries, false, NOTHING},
    {HD_CAN_CONSTANTS, hd_check_constants, true, NOTHING},
    {HD_CAN_ISEQ, hd_check_iseq, true, NOTHING},
    {HD_CAN_ENV, hd_check_env, true, HD_CAN_ISEQ},
    {HD_CAN_OPERANDS, hd_check_operands, true, HD_CAN_ISEQ},
    {HD_CAN_PROC, hd_check_proc, true, NOTHING},
    {HD_CAN_METHOD_ENTRY, hd_check_method_entry, true, NOTHING},
    {HD_CAN_FRAMES, hd_check_frames, true, HD_CAN_ISEQ},
    {HD_CAN_FIBER, hd_check_fiber, true, NOTHING},
    {HD_CAN_FIBER_LOCALS, hd_check_fiber_locals, true, NOTHING},
    {HD_CAN_IMEMO, hd_check_imemo, true, NOTHING},
    {HD_CAN_WEAK, hd_check_weak, true, NOTHING},
    {HD_CAN_SET, hd_check_set, true, NOTHING},
    {HD_CAN_GC_FLAGS, hd_check_gc_flags, false, NOTHING},
    {HD_CAN_REMEMBERED, hd_check_remembered, false, HD_CAN_GC_FLAGS},
    {HD_CAN_ALLOCATIONS, hd_check_allocations, true, NOTHING},
    {HD_CAN_FINALIZERS, hd_check_finalizers, false, HD_CAN_STORAGE},
    {HD_CAN_STACKS, hd_check_stacks, true, HD_CAN_FRAMES},
    {HD_CAN_THREAD_FIELDS, hd_check_thread_fields, true, NOTHING},
    {HD_CAN_FIBER_FIELDS, hd_check_fiber_fields, true, NOTHING},
    {HD_CAN_FIBER_STORAGE, hd_check_fiber_storage, true, HD_CAN_HASH_ENTRIES},
    {HD_CAN_ERRINFO, hd_check_errinfo, true, NOTHING},
    {HD_CAN_RACTOR_FIELDS, hd_check_ractor_fields, true, NOTHING},
    {HD_CAN_VM_FIELDS, hd_check_vm_fields, true, NOTHING},
    {HD_CAN_TRAP_HANDLERS, hd_check_trap_handlers, true, NOTHING},
    {HD_CAN_PINNED, hd_check_pinned, true, HD_CAN_STORAGE},
    {HD_CAN_ADDRESSES, hd_check_addresses, true, HD_CAN_TRAP_HANDLERS},
};

static bool
is_named(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ",");
        if ((length == n && strncmp(at, name, n) == 0) || (length == 3 && !strncmp(at, "all", 3))) {
            return true;
        }
    }
    return false;
}

static bool
is_known(const char *name, size_t n) {
    if (n == 0 || (n == 3 && strncmp(name, "all", 3) == 0)) return true;
    for (int i = 0; i < HD_CAPABILITIES; i++) {
        const char *known = hd_capability_name((enum hd_capability)i);
        if (strlen(known) == n && strncmp(known, name, n) == 0) return true;
    }
    return false;
}

/* Warns of names that are no capability: if one is misspelled, what should be off stays on. */
static void
tell_unknown(const char *list) {
    while (list && *list) {
        int n = (int)strcspn(list, ",");
        if (!is_known(list, (size_t)n)) {
            char line[256];
            snprintf(line, sizeof line,
                     "heapdump: HEAPDUMP_WITHOUT names \"%.*s\", which is no capability; "
                     "HeapDump.capabilities lists them\n",
                     n < 100 ? n : 100, list);
            hd_notice(line, strlen(line));
        }
        list += n;
        if (*list == ',') list++;
    }
}

static void
run_checks(const struct known *known, const char *without) {
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const struct check *check = &checks[i];
        if (without && is_named(without, hd_capability_name(check->capability))) continue;
        if (check->needs_layout && !hd_layout()) continue;
        if (check->needs != NOTHING && !hd_can(check->needs)) continue;
        hd_unreadable = 0;
        if (check->passes(known) && hd_unreadable == 0) hd_switch_on(check->capability);
    }
}

/* If memory cannot be read carefully, no check is run and all capabilities stay off. */
static void
calibrate(struct known *known, const char *without) {
    if (hd_pages_collect(&known->pages) != 0 || !hd_careful_begin()) return;
    run_checks(known, without);
    hd_careful_end();
}

/* Which types are as large as their slot, if their objects are small. */
static void
learn_sizes(const struct known *known) {
    const VALUE small[] = {known->small_object, known->short_array, known->short_string};
    hd_slots_learn(&known->pages, small, sizeof small / sizeof *small);
}

const char *
hd_mri_init(const char *without) {
    if (!rb_objspace_each_objects) return "rb_objspace_each_objects";
    if (!rb_objspace_reachable_objects_from) return "rb_objspace_reachable_objects_from";
    if (!rb_objspace_reachable_objects_from_root) return "rb_objspace_reachable_objects_from_root";
    tell_unknown(without);
    hd_gc_init();
    hd_heap_init();

    const char *jit;
    hd_mri_ask_jit(&jit); // before anything is changed: what is raised here ends the loading

    VALUE was_disabled = rb_gc_disable(); // so that the known objects do not move
    struct known known = {0};
    bool made = hd_known_make(&known);
    if (made) calibrate(&known, without);
    hd_trust_learn();
    if (made) {
        learn_sizes(&known);
        hd_known_free(&known);
    }
    hd_pages_free(&known.pages);
    if (!RTEST(was_disabled)) rb_gc_enable();
    return NULL;
}
