/*
 * A list of address ranges in this process, and how much of them is in memory. No ruby.h.
 */
#ifndef HEAPDUMP_RANGES_H
#define HEAPDUMP_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hd_range {
    uintptr_t start, end;
};

struct hd_ranges {
    struct hd_range *list; /* owned */
    size_t size, capacity;
    bool failed; /* out of memory while adding */
};

/* Adds the pages on which this range lies. */
void hd_ranges_add(struct hd_ranges *ranges, uintptr_t start, uintptr_t end);
void hd_ranges_free(struct hd_ranges *ranges);

/* Sorts the ranges and merges those that overlap, so that each page is counted once. */
void hd_ranges_merge(struct hd_ranges *ranges);

/* The bytes of all ranges. */
uint64_t hd_ranges_bytes(const struct hd_ranges *ranges);

/*
 * How many bytes of the pages from `start` to `end` are in memory. Meant for anonymous memory: of a
 * mapped file it counts pages that are in the cache of files alone. Addresses that are not mapped
 * count 0. Returns false if this system does not tell.
 */
bool hd_resident(uintptr_t start, uintptr_t end, uint64_t *bytes);
bool hd_ranges_resident(const struct hd_ranges *ranges, uint64_t *bytes);

#endif
