/*
 * Place in the flow: between MRI's heap and the writers; see walk.h.
 */
#include "walk.h"

#include <errno.h>
#include <stdlib.h>

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

int
hd_pages_collect(struct hd_pages *pages) {
    pages->size = 0;
    pages->failed = false;
    hd_mri_each_page(collect_i, pages);
    if (pages->failed) return ENOMEM;
    qsort(pages->list, pages->size, sizeof *pages->list, by_address);
    merge_neighbours(pages);
    return 0;
}

void
hd_pages_free(struct hd_pages *pages) {
    free(pages->list);
    *pages = (struct hd_pages){0};
}

bool
hd_pages_have_object(const struct hd_pages *pages, uintptr_t word) {
    if (word == 0 || word % sizeof(void *) != 0) return false;
    size_t low = 0, high = pages->size;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pages->list[middle].end <= word) low = middle + 1;
        else high = middle;
    }
    if (low == pages->size) return false;
    const struct hd_page *page = &pages->list[low];
    if (word < page->start || (word - page->start) % page->stride != 0) return false;
    return hd_mri_is_object((VALUE)word);
}
