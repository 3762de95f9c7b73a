/*
 * The pages of the heap: a sorted array of address ranges, each cut into slots of one size. It
 * says what there is to walk, and answers "is this word an object?".
 */
#ifndef HEAPDUMP_WALK_H
#define HEAPDUMP_WALK_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hd_page {
    uintptr_t start, end;
    size_t stride;
};

/* Where in the list to look for the addresses of one unit of 64 KiB. */
struct hd_page_unit {
    uintptr_t unit; /* address >> 16; 0: an empty place */
    size_t first;
};

struct hd_pages {
    struct hd_page *list; /* owned, sorted by address */
    size_t size, capacity;
    struct hd_page_unit *units; /* owned; a hash table, its size a power of two */
    size_t units_mask;
    bool failed; /* out of memory while collecting */
};

/*
 * Collects the pages of the heap, replacing what was there. The caller holds the GVL with the GC
 * disabled and not running. Returns 0 or ENOMEM.
 */
int hd_pages_collect(struct hd_pages *pages);
void hd_pages_free(struct hd_pages *pages);

/* What is done with each object of a page. */
struct hd_visit {
    void (*object)(VALUE obj, size_t stride, void *data);
    /* Instead of the rest of `object`, where that failed; the outcome is that of hd_guard. */
    void (*failed)(VALUE obj, size_t stride, int outcome, void *data);
    void *data;
};

/* Calls visit->object for each object, guarded. Returns the number of slots that are free. */
size_t hd_page_visit(const struct hd_page *page, const struct hd_visit *visit);

/* True if `word` is the address of a slot that holds an object. */
bool hd_pages_have_object(const struct hd_pages *pages, uintptr_t word);

#endif
