/* See best.h. */
#include "base/best.h"

#include <stdlib.h>

#include "base/array.h"

static bool
worse(const struct hg_candidate *a, const struct hg_candidate *b) {
    return hg_better(b, a);
}

bool
hg_best_takes(const struct hg_best *best, uint64_t score, uint32_t node) {
    if (best->count < best->room) return true;
    struct hg_candidate offered = {score, node};
    return best->room > 0 && worse(&best->items[0], &offered);
}

bool
hg_best_offer(struct hg_best *best, uint64_t score, uint32_t node) {
    struct hg_candidate offered = {score, node};
    if (best->count < best->room) {
        // `room` may be billions: memory is allocated only for the candidates that are kept
        if (!hg_grow(&best->items, best->count, &best->capacity, 64, sizeof(*best->items)))
            return false;
        best->items[best->count] = offered;
        hg_heap_up(best->items, best->count++, worse);
    }
    else if (hg_best_takes(best, score, node)) {
        best->items[0] = offered;
        hg_heap_down(best->items, best->count, worse);
    }
    return true;
}

bool
hg_best_join(struct hg_best *best, const struct hg_best *others) {
    for (size_t i = 0; i < others->count; i++)
        if (!hg_best_offer(best, others->items[i].score, others->items[i].node)) return false;
    return true;
}

static int
compare(const void *a, const void *b) {
    return hg_better(a, b) ? -1 : hg_better(b, a);
}

void
hg_best_sort(struct hg_best *best) {
    if (best->count) qsort(best->items, best->count, sizeof(*best->items), compare);
}

void
hg_best_free(struct hg_best *best) {
    free(best->items);
    *best = (struct hg_best){0};
}
