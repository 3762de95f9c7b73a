/*
 * The pages of the heap: a sorted array of address ranges. Each page consists of slots of one size.
 * The array says which slots the walk visits, and whether a word is the address of an object.
 */
#ifndef HEAPDUMP_PAGES_H
#define HEAPDUMP_PAGES_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct hd_page {
    uintptr_t start, end;
    size_t stride;
};

struct hd_pages {
    struct hd_page *list; /* owned, sorted by address */
    size_t size, capacity;
    struct hd_table units; /* for each 64 KiB of addresses, the index of their first page */
    bool failed;           /* out of memory while collecting */
};

/*
 * Collects the pages of the heap into `pages`, in place of those that it had. The caller holds the
 * GVL, the GC is disabled and not running. Returns 0 or ENOMEM.
 */
int hd_pages_collect(struct hd_pages *pages);
void hd_pages_free(struct hd_pages *pages);

/* True if `word` is the address of a slot that holds an object. */
bool hd_pages_have_object(const struct hd_pages *pages, uintptr_t word);

#endif
