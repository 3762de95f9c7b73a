/*
 * What MRI keeps in the structs of threads, fibers and ractors: see mri.h. The places are found by
 * check_holders.c. A field that follows one of these is recognized by its type.
 */
#include "mri/places.h"

struct hd_places hd_places = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, false, false};

static bool
is_data(const struct hd_pages *pages, VALUE v, enum hd_data_kind kind) {
    return v != 0 && hd_pages_have_object(pages, v) && hd_mri_is_data(v, kind);
}

/*
 * Behind the group are, on all known versions: value, two hidden arrays, a lock, a function, the
 * mutex, lists, the block and its arguments, the scheduler, the name.
 */
enum {
    VALUE_BEHIND_GROUP = 8,
    QUEUE_BEHIND_GROUP = 16,
    MASKS_BEHIND_GROUP = 24,
    BLOCK_AT_LEAST = 104,
    BLOCK_AT_MOST = 144,
    NAME_AT_LEAST = 168,
    NAME_AT_MOST = 192,
};

void
hd_mri_each_thread_field(const struct hd_pages *pages, VALUE thread, hd_part_fn *fn, void *data) {
    const char *body = hd_mri_data_pointer(thread);
    if (!hd_plausible(body) || hd_read(body, HD_THREAD_SELF) != thread) return;
    const char *group = body + hd_places.thread_group;
    fn(HD_FIELD("group"), hd_read(group, 0), data);
    fn(HD_FIELD("thread_value"), hd_read(group, VALUE_BEHIND_GROUP), data);
    fn(HD_FIELD("pending_interrupts"), hd_read(group, QUEUE_BEHIND_GROUP), data);
    fn(HD_FIELD("interrupt_masks"), hd_read(group, MASKS_BEHIND_GROUP), data);
    for (int at = BLOCK_AT_LEAST; at <= BLOCK_AT_MOST; at += (int)sizeof(VALUE)) {
        VALUE word = hd_read(group, at);
        if (!is_data(pages, word, HD_DATA_PROC)) continue;
        fn(HD_FIELD("block"), word, data);
        VALUE args = hd_read(group, at + (int)sizeof(VALUE));
        if (hd_is_type(pages, args, RUBY_T_ARRAY)) fn(HD_FIELD("args"), args, data);
        break;
    }
    for (int at = NAME_AT_LEAST; at <= NAME_AT_MOST; at += (int)sizeof(VALUE)) {
        VALUE word = hd_read(group, at);
        if (!hd_is_type(pages, word, RUBY_T_STRING)) continue;
        fn(HD_FIELD("name_string"), word, data);
        break;
    }
}

void
hd_mri_each_context_field(const void *context, hd_part_fn *fn, void *data) {
    if (hd_can(HD_CAN_FIBER_STORAGE)) {
        fn(HD_FIELD("fiber_storage"), hd_read(context, hd_places.context_storage), data);
    }
    if (hd_can(HD_CAN_ERRINFO)) {
        fn(HD_FIELD("exception"), hd_read(context, hd_places.context_errinfo), data);
    }
}

void
hd_mri_each_fiber_field(VALUE fiber, hd_part_fn *fn, void *data) {
    const char *body = hd_mri_data_pointer(fiber);
    if (!hd_plausible(body) || hd_read(body, HD_FIBER_SELF) != fiber) return;
    fn(HD_FIELD("block"), hd_read(body, hd_places.fiber_block), data);
}

void
hd_mri_each_ractor_field(VALUE ractor, hd_part_fn *fn, void *data) {
    const char *body = hd_mri_data_pointer(ractor);
    if (!hd_plausible(body)) return;
    const char *group = body + hd_places.ractor_group;
    fn(HD_FIELD("group"), hd_read(group, 0), data);
    fn(HD_FIELD("name_string"), hd_read(group, sizeof(VALUE)), data);
    fn(HD_FIELD("location"), hd_read(group, 2 * sizeof(VALUE)), data);
    bool has_list = hd_places.vm_main_ractor >= 0 && !hd_places.pinned_are_counted;
    if (hd_can(HD_CAN_PINNED) && has_list) {
        fn(HD_FIELD("pinned_list"), hd_read(body, hd_places.vm_mark_list), data);
    }
}

void
hd_mri_each_ractor_local(VALUE ractor, void (*fn)(ID, VALUE, void *), void *data) {
    const char *body = hd_mri_data_pointer(ractor);
    if (!hd_plausible(body)) return;
    hd_each_id(hd_read_pointer(body, hd_places.ractor_locals), fn, data);
}
