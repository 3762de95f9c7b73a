/*
 * Address ranges, and what of them is in memory; see ranges.h.
 */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif
#include "account/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/list.h"

static uintptr_t
page_size(void) {
    static uintptr_t size;
    if (!size) size = (uintptr_t)sysconf(_SC_PAGESIZE);
    return size;
}

void
hd_ranges_add(struct hd_ranges *ranges, uintptr_t start, uintptr_t end) {
    if (start >= end) return;
    struct hd_range *list = hd_list_room(ranges->list, ranges->size, &ranges->capacity,
                                         sizeof *list);
    if (!list) {
        ranges->failed = true;
        return;
    }
    uintptr_t page = page_size();
    ranges->list = list;
    list[ranges->size++] = (struct hd_range){start / page * page, (end + page - 1) / page * page};
}

void
hd_ranges_free(struct hd_ranges *ranges) {
    free(ranges->list);
    *ranges = (struct hd_ranges){0};
}

static int
by_start(const void *a, const void *b) {
    const struct hd_range *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

void
hd_ranges_merge(struct hd_ranges *ranges) {
    if (ranges->size == 0) return;
    size_t kept = 0;
    qsort(ranges->list, ranges->size, sizeof *ranges->list, by_start);
    for (size_t i = 1; i < ranges->size; i++) {
        struct hd_range *last = &ranges->list[kept], *next = &ranges->list[i];
        if (next->start > last->end) ranges->list[++kept] = *next;
        else if (next->end > last->end) last->end = next->end;
    }
    ranges->size = kept + 1;
}

uint64_t
hd_ranges_bytes(const struct hd_ranges *ranges) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < ranges->size; i++) bytes += ranges->list[i].end - ranges->list[i].start;
    return bytes;
}

#if defined(__linux__) && defined(HAVE_MINCORE)
enum { AT_ONCE = 1024 };

/* Counts at most AT_ONCE pages. */
static size_t
count(uintptr_t start, size_t pages) {
    unsigned char there[AT_ONCE];
    size_t sum = 0;
    if (mincore((void *)start, pages * page_size(), there) != 0) {
        if (errno != ENOMEM || pages == 1) return 0;
        // some of it is not mapped
        return count(start, pages / 2) + count(start + pages / 2 * page_size(), pages - pages / 2);
    }
    for (size_t i = 0; i < pages; i++) sum += there[i] & 1;
    return sum;
}

bool
hd_resident(uintptr_t start, uintptr_t end, uint64_t *bytes) {
    uintptr_t page = page_size();
    size_t pages = end > start ? (end + page - 1) / page - start / page : 0, sum = 0;
    for (size_t at = 0; at < pages; at += AT_ONCE) {
        size_t left = pages - at;
        sum += count((start / page + at) * page, left < AT_ONCE ? left : AT_ONCE);
    }
    *bytes = sum * page;
    return true;
}
#else
bool
hd_resident(uintptr_t start, uintptr_t end, uint64_t *bytes) {
    (void)start, (void)end, (void)bytes;
    return false;
}
#endif

bool
hd_ranges_resident(const struct hd_ranges *ranges, uint64_t *bytes) {
    *bytes = 0;
    for (size_t i = 0; i < ranges->size; i++) {
        uint64_t part;
        if (!hd_resident(ranges->list[i].start, ranges->list[i].end, &part)) return false;
        *bytes += part;
    }
    return !ranges->failed;
}
