/*
 * Counts objects by type and class in one pass over the slots. Makes no JSON, no file and no Ruby
 * object.
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
    size_t bad;              /* objects not counted by class because there was no memory */
};

/*
 * Counts the objects of the whole heap by type, and by class too if `by_class`. The caller holds
 * the GVL and has disabled the GC. Free `counts` with hd_counts_free.
 */
void hd_count(struct hd_counts *counts, bool by_class);
void hd_counts_free(struct hd_counts *counts);

#endif
