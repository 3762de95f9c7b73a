/*
 * Sums of objects; see cells.h.
 */
#include "allocations/cells.h"

#include <stdlib.h>

#include "base/list.h"

struct hd_cell *
hd_cells_at(struct hd_cells *cells, uint32_t run, uint32_t site, uint32_t klass) {
    struct hd_cell *list = hd_list_room(cells->list, cells->size, &cells->capacity,
                                        sizeof *cells->list);
    if (!list) return NULL;
    cells->list = list;
    size_t pair = hd_table_number(&cells->pairs, site, klass, cells->pairs.size + 1);
    if (pair == 0 || pair > UINT32_MAX) return NULL;
    size_t index = hd_table_number(&cells->cells, run, (uint32_t)pair, cells->size + 1);
    if (index == 0) return NULL;
    if (index > cells->size) {
        list[cells->size++] = (struct hd_cell){.run = run, .site = site, .klass = klass};
    }
    return &list[index - 1];
}

size_t
hd_cells_memory(const struct hd_cells *cells) {
    return cells->capacity * sizeof *cells->list +
           (cells->pairs.capacity + cells->cells.capacity) * sizeof *cells->pairs.entries;
}

void
hd_cells_free(struct hd_cells *cells) {
    free(cells->list);
    hd_table_free(&cells->pairs);
    hd_table_free(&cells->cells);
    *cells = (struct hd_cells){0};
}
