/*
 * Sums of objects that were counted: one cell for each run of a block, site and class. No ruby.h.
 */
#ifndef HEAPDUMP_CELLS_H
#define HEAPDUMP_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

/* The age of an object is how many GCs have begun in its life: none or one, two, more. */
enum { HD_AGES = 3 };

struct hd_cell {
    uint32_t run, site, klass;
    uint64_t objects, bytes;     /* of all of them, dead or alive */
    uint64_t ages[HD_AGES];      /* objects of each age */
    uint64_t alive, alive_bytes; /* of those that live at the end */
};

/* A zeroed one is empty. */
struct hd_cells {
    struct hd_cell *list; /* owned */
    size_t size, capacity;
    struct hd_table pairs; /* site and class => number of the pair + 1 */
    struct hd_table cells; /* run and pair => index in `list` + 1 */
};

/* The cell, which may be new. NULL if there is no memory. Others may move. */
struct hd_cell *hd_cells_at(struct hd_cells *cells, uint32_t run, uint32_t site, uint32_t klass);

/* Adds to a sum of bytes, which remains at the largest number: an extension may say any size. */
static inline void
hd_cell_add(uint64_t *sum, uint64_t bytes) {
    *sum = *sum + bytes < bytes ? UINT64_MAX : *sum + bytes;
}

/* Adds an object of this size (bytes) and age (GCs). */
static inline void
hd_cell_count(struct hd_cell *cell, size_t bytes, uint32_t age) {
    cell->objects++;
    hd_cell_add(&cell->bytes, bytes);
    cell->ages[age <= 1 ? 0 : age == 2 ? 1 : 2]++;
}

size_t hd_cells_memory(const struct hd_cells *cells);
void hd_cells_free(struct hd_cells *cells);

#endif
