/*
 * Place in the flow: between MRI's heap and the writers; see walk.h.
 */
#include "mri/pages.h"

#include <errno.h>
#include <stdlib.h>

#include "guard/guard.h"
#include "mri/mri.h"

static int
collect_i(void *start, void *end, size_t stride, void *data) {
    struct hd_pages *pages = data;
    if (pages->failed) return 1;
    if (pages->size == pages->capacity) {
        size_t capacity = pages->capacity ? pages->capacity * 2 : 1024;
        struct hd_page *list = realloc(pages->list, capacity * sizeof *list);
        if (!list) {
            pages->failed = true;
            return 1;
        }
        pages->list = list;
        pages->capacity = capacity;
    }
    pages->list[pages->size++] = (struct hd_page){(uintptr_t)start, (uintptr_t)end, stride};
    return 0;
}

static int
by_address(const void *a, const void *b) {
    const struct hd_page *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Some collectors hand out single slots: neighbours become one page again. */
static void
merge_neighbours(struct hd_pages *pages) {
    size_t kept = 0;
    for (size_t i = 1; i < pages->size; i++) {
        struct hd_page *last = &pages->list[kept], *next = &pages->list[i];
        if (last->end == next->start && last->stride == next->stride) last->end = next->end;
        else pages->list[++kept] = *next;
    }
    if (pages->size > 0) pages->size = kept + 1;
}

enum { UNIT_BITS = 16 };

static size_t
place_of(const struct hd_pages *pages, uintptr_t unit) {
    size_t place = (size_t)((uint64_t)unit * 0x9e3779b97f4a7c15u >> 32) & pages->units_mask;
    while (pages->units[place].unit && pages->units[place].unit != unit) {
        place = (place + 1) & pages->units_mask;
    }
    return place;
}

static int
build_units(struct hd_pages *pages) {
    size_t units = 0, size = 64;
    for (size_t i = 0; i < pages->size; i++) {
        units += ((pages->list[i].end - 1) >> UNIT_BITS) - (pages->list[i].start >> UNIT_BITS) + 1;
    }
    while (size < units * 2) size *= 2;
    free(pages->units);
    pages->units = calloc(size, sizeof *pages->units);
    if (!pages->units) return ENOMEM;
    pages->units_mask = size - 1;
    for (size_t i = 0; i < pages->size; i++) {
        uintptr_t last = (pages->list[i].end - 1) >> UNIT_BITS;
        for (uintptr_t unit = pages->list[i].start >> UNIT_BITS; unit <= last; unit++) {
            struct hd_page_unit *place = &pages->units[place_of(pages, unit)];
            if (!place->unit) *place = (struct hd_page_unit){unit, i};
        }
    }
    return 0;
}

int
hd_pages_collect(struct hd_pages *pages) {
    pages->size = 0;
    pages->failed = false;
    hd_mri_each_page(collect_i, pages);
    if (pages->failed) return ENOMEM;
    qsort(pages->list, pages->size, sizeof *pages->list, by_address);
    merge_neighbours(pages);
    return build_units(pages);
}

void
hd_pages_free(struct hd_pages *pages) {
    free(pages->list);
    free(pages->units);
    *pages = (struct hd_pages){0};
}

bool
hd_pages_have_object(const struct hd_pages *pages, uintptr_t word) {
    if (word >> UNIT_BITS == 0 || word % sizeof(void *) != 0 || !pages->units) return false;
    const struct hd_page_unit *unit = &pages->units[place_of(pages, word >> UNIT_BITS)];
    if (!unit->unit) return false;
    size_t i = unit->first;
    while (i < pages->size && pages->list[i].end <= word) i++; // a unit holds a few pages at most
    if (i == pages->size) return false;
    const struct hd_page *page = &pages->list[i];
    if (word < page->start || (word - page->start) % page->stride != 0) return false;
    return hd_mri_is_object((VALUE)word);
}

/* The slots of a page that are left, in memory where a failure leaves them as they are. */
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
    for (; slots->next < slots->end; slots->next += slots->stride) {
        VALUE obj = slots->next;
        hd_guard_beat();
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
