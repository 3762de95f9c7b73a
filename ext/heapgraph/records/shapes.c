/*
 * Names of variables from shapes; see shapes.h.
 */
#include "records/shapes.h"

#include "base/array.h"

#include <stdlib.h>

struct shapes {
    struct hg_shape_record *shape; // by id
    size_t count;
};

static int
by_id(const void *a, const void *b) {
    uint64_t x = ((const struct hg_shape_record *)a)->id,
             y = ((const struct hg_shape_record *)b)->id;
    return x < y ? -1 : x > y;
}

static bool
collect(struct hg_recorder *recorders, unsigned threads, struct shapes *shapes) {
    size_t room = 0;
    for (unsigned i = 0; i < threads; i++) {
        struct hg_list_reader list = {.list = &recorders[i].shapes};
        const struct hg_shape_record *record;
        while ((record = hg_list_next(&list, sizeof *record))) {
            if (!hg_grow(&shapes->shape, shapes->count, &room, 1024, sizeof *shapes->shape))
                return false;
            shapes->shape[shapes->count++] = *record;
        }
    }
    if (shapes->count > 0) qsort(shapes->shape, shapes->count, sizeof *shapes->shape, by_id);
    return true;
}

static const struct hg_shape_record *
find(const struct shapes *shapes, uint64_t id) {
    struct hg_shape_record wanted = {.id = id};
    return bsearch(&wanted, shapes->shape, shapes->count, sizeof wanted, by_id);
}

/* Names the edges from the last to the first: a chain of shapes begins with the last variable. */
static void
name_edges(const struct shapes *shapes, uint64_t id, uint32_t *name, uint32_t count) {
    uint32_t variables = 0;
    size_t steps = 0;
    const struct hg_shape_record *shape = find(shapes, id);
    for (const struct hg_shape_record *s = shape; s; s = find(shapes, s->parent)) {
        if (s->complex || steps++ > shapes->count) return;
        if (s->name != HG_NO_STRING) variables++;
    }
    if (variables != count || count == 0) return;
    for (uint32_t i = 0; i < count; i++) {
        if (hg_edge_kind(name[i]) != HG_E_REFERENCE) return;
    }
    for (const struct hg_shape_record *s = shape; s; s = find(shapes, s->parent)) {
        if (s->name != HG_NO_STRING) name[--count] = hg_edge_name(HG_E_IVAR, s->name);
    }
}

bool
hg_name_by_shapes(struct hg_recorder *recorders, unsigned threads, const struct hg_units *units,
                  const uint32_t *line, const uint32_t *first, uint32_t *name) {
    struct shapes shapes = {0};
    if (!collect(recorders, threads, &shapes)) {
        free(shapes.shape);
        return false;
    }
    for (unsigned i = 0; i < threads && shapes.count > 0; i++) {
        struct hg_list_reader list = {.list = &recorders[i].shaped, .consume = true};
        const struct hg_shaped_record *record;
        while ((record = hg_list_next(&list, sizeof *record))) {
            uint32_t node = hg_place_node(units, record->place);
            if (line[node] != record->line) continue;
            name_edges(&shapes, record->shape, name + first[node], first[node + 1] - first[node]);
        }
    }
    free(shapes.shape);
    return true;
}
