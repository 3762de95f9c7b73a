/*
 * The pages of the heap; see pages.h.
 */
#include "mri/pages.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "mri/mri.h"

static int
collect_i(void *start, void *end, size_t stride, void *data) {
    struct hd_pages *pages = data;
    if (pages->failed) return 1;
    struct hd_page *list = hd_list_room(pages->list, pages->size, &pages->capacity, sizeof *list);
    if (!list) {
        pages->failed = true;
        return 1;
    }
    pages->list = list;
    pages->list[pages->size++] = (struct hd_page){(uintptr_t)start, (uintptr_t)end, stride};
    return 0;
}

static int
by_address(const void *a, const void *b) {
    const struct hd_page *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Some garbage collectors report single slots as pages. Neighbours are merged into one page. */
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

static int
build_units(struct hd_pages *pages) {
    size_t units = 0;
    for (size_t i = 0; i < pages->size; i++) {
        units += ((pages->list[i].end - 1) >> UNIT_BITS) - (pages->list[i].start >> UNIT_BITS) + 1;
    }
    if (!hd_table_reset(&pages->units, units)) return ENOMEM;
    for (size_t i = 0; i < pages->size; i++) {
        uintptr_t last = (pages->list[i].end - 1) >> UNIT_BITS;
        for (uintptr_t unit = pages->list[i].start >> UNIT_BITS; unit <= last; unit++) {
            if (!hd_table_find(&pages->units, unit)) hd_table_add(&pages->units, unit)->value = i;
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
    hd_table_free(&pages->units);
    *pages = (struct hd_pages){0};
}

bool
hd_pages_have_object(const struct hd_pages *pages, uintptr_t word) {
    if (word >> UNIT_BITS == 0 || word % sizeof(void *) != 0) return false;
    const struct hd_entry *unit = hd_table_find(&pages->units, word >> UNIT_BITS);
    if (!unit) return false;
    size_t i = unit->value;
    while (i < pages->size && pages->list[i].end <= word) i++; // a unit holds a few pages at most
    if (i == pages->size) return false;
    const struct hd_page *page = &pages->list[i];
    if (word < page->start || (word - page->start) % page->stride != 0) return false;
    return hd_mri_is_object((VALUE)word);
}
