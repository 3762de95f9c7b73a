/*
 * One pass over all slots; see slots.h.
 */
#include "account/slots.h"

#include <stdlib.h>

#include "base/list.h"
#include "guard/visit.h"
#include "mri/mri.h"

static void
note_context(struct hd_slots_found *found, VALUE obj) {
    if (!hd_can(HD_CAN_STACKS)) return; // without a layout of this Ruby nothing below can be asked
    enum hd_data_kind kind = hd_mri_data_kind(obj);
    if (kind != HD_DATA_THREAD && kind != HD_DATA_FIBER) return;
    bool is_thread = kind == HD_DATA_THREAD;
    if (!is_thread && !hd_can(HD_CAN_FIBER)) return;
    const void *context = is_thread ? hd_mri_thread_context(obj) : hd_mri_fiber_context(obj);
    if (!context || !hd_mri_context_has_stack(context)) return;
    struct hd_slot_context *list = hd_list_room(found->contexts, found->size, &found->capacity,
                                                sizeof *list);
    if (!list) {
        found->failed = true;
        return;
    }
    found->contexts = list;
    list[found->size++] = (struct hd_slot_context){context, is_thread ? obj : 0};
}

static void
note_transient(struct hd_slots_found *found, uintptr_t at) {
    if (!at) return;
    if (!found->transient || at < found->transient) found->transient = at;
    if (at > found->transient_end) found->transient_end = at;
}

static void
look(VALUE obj, size_t stride, void *data) {
    int type = RB_BUILTIN_TYPE(obj);
    (void)stride;
    if (type == RUBY_T_DATA) note_context(data, obj);
    else if (type == RUBY_T_ARRAY) note_transient(data, (uintptr_t)hd_mri_transient(obj));
}

static void
pass_over(VALUE obj, size_t stride, int outcome, void *data) {
    (void)obj, (void)stride, (void)outcome, (void)data;
}

/* By address; of two that are the same, that of the thread comes first. */
static int
by_address(const void *a, const void *b) {
    const struct hd_slot_context *x = a, *y = b;
    if (x->at == y->at) return (int)!x->thread - (int)!y->thread;
    return (uintptr_t)x->at < (uintptr_t)y->at ? -1 : 1;
}

void
hd_slots_look(struct hd_slots_found *found, const struct hd_pages *pages) {
    *found = (struct hd_slots_found){0};
    const struct hd_visit visit = {look, pass_over, found};
    for (size_t i = 0; i < pages->size; i++) hd_page_visit(&pages->list[i], &visit);
    if (found->size == 0) return;
    size_t kept = 0;
    struct hd_slot_context *list = found->contexts;
    qsort(list, found->size, sizeof *list, by_address);
    for (size_t i = 1; i < found->size; i++) {
        if (list[i].at != list[kept].at) list[++kept] = list[i];
    }
    found->size = kept + 1;
}

void
hd_slots_free(struct hd_slots_found *found) {
    free(found->contexts);
    *found = (struct hd_slots_found){0};
}
