/*
 * Counting objects by type and class: one pass over the slots, no JSON, no file, no Ruby object.
 */
#ifndef HEAPDUMP_COUNT_H
#define HEAPDUMP_COUNT_H

#include <ruby.h>
#include <stddef.h>

#include "base/table.h"

struct hd_counts {
    size_t total_slots, free_slots;
    size_t types[RUBY_T_MASK + 1];
    struct hd_table classes; /* objects by class */
    size_t bad;              /* objects that could not be counted by class: out of memory */
};

/*
 * Counts the whole heap; instances by class too, where `by_class`. The caller holds the GVL, the GC
 * is disabled. Free with hd_counts_free.
 */
void hd_count(struct hd_counts *counts, bool by_class);
void hd_counts_free(struct hd_counts *counts);

#endif
