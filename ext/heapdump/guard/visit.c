/*
 * The objects of a page; see visit.h.
 */
#include "guard/visit.h"

#include "guard/guard.h"
#include "mri/mri.h"

enum { AHEAD = 6 }; // so many objects take about as long as memory does

/* The slots that are still to be visited. The volatile fields keep their values over a jump. */
struct slots {
    const struct hd_visit *visit;
    volatile VALUE next;
    VALUE end;
    size_t stride;
    volatile size_t free;
};

static void
visit_slots(void *arg) {
    struct slots *slots = arg;
    size_t ahead = AHEAD * slots->stride;
    for (; slots->next < slots->end; slots->next += slots->stride) {
        VALUE obj = slots->next;
        hd_guard_beat();
        if (slots->end - obj > ahead) hd_mri_fetch_ahead(obj + ahead);
        if (hd_mri_is_object(obj)) slots->visit->object(obj, slots->stride, slots->visit->data);
        else slots->free++;
    }
}

size_t
hd_page_visit(const struct hd_page *page, const struct hd_visit *visit) {
    struct slots slots = {visit, page->start, page->end, page->stride, 0};
    int outcome;
    hd_guard_reading = true;
    while ((outcome = hd_guard(visit_slots, &slots)) != HD_RETURNED) {
        visit->failed(slots.next, page->stride, outcome, visit->data);
        slots.next += page->stride;
    }
    hd_guard_reading = false;
    return slots.free;
}
