/* See best.h. */
#include "base/best.h"

#include <stdlib.h>

#include "base/array.h"

static bool
worse(const struct hg_candidate *a, const struct hg_candidate *b) {
    return a->score != b->score ? a->score < b->score : a->node > b->node;
}

static void
swap(struct hg_candidate *a, struct hg_candidate *b) {
    struct hg_candidate kept = *a;
    *a = *b;
    *b = kept;
}

static void
sift_up(struct hg_candidate *items, size_t at) {
    while (at > 0 && worse(&items[at], &items[(at - 1) / 2])) {
        swap(&items[at], &items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void
sift_down(struct hg_candidate *items, size_t count) {
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (worse(&items[child], &items[least])) least = child;
        if (least == at) return;
        swap(&items[at], &items[least]);
        at = least;
    }
}

bool
hg_best_offer(struct hg_best *best, uint64_t score, uint32_t node) {
    struct hg_candidate offered = {score, node};
    if (best->count < best->room) {
        // `room` may be billions: memory is allocated only for the candidates that are kept
        if (!hg_grow(&best->items, best->count, &best->capacity, 64, sizeof(*best->items)))
            return false;
        best->items[best->count] = offered;
        sift_up(best->items, best->count++);
    }
    else if (best->room > 0 && worse(&best->items[0], &offered)) {
        best->items[0] = offered;
        sift_down(best->items, best->count);
    }
    return true;
}

static int
compare(const void *a, const void *b) {
    return worse(a, b) ? 1 : worse(b, a) ? -1 : 0;
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
