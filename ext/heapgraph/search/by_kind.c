/* Place in the flow: see by_kind.h. */
#include "search/by_kind.h"

#include <stdlib.h>
#include <string.h>

#include "base/blocks.h"

/* Whether a kind is of one of the classes of a filter, which may be HG_NO_NODE. */
static bool
is_of_classes(const struct hg_filter *filter, const struct hg_kind *kind) {
    if (!filter->classes) return true;
    for (size_t i = 0; i < filter->class_count; i++)
        if (filter->classes[i] == kind->sums.key) return true;
    return false;
}

/*
 * Marks the kinds whose objects all match, and adds them up. *live is how many of the objects are
 * reachable. Returns false if of some kind only a part of the objects matches.
 */
static bool
mark_kinds(const struct hg_filter *filter, uint8_t *wanted, struct hg_found *found,
           uint64_t *live) {
    const struct hg_kinds *kinds = filter->kinds;
    *live = 0;
    for (uint32_t i = 0; i < kinds->count; i++) {
        const struct hg_kind *kind = &kinds->kind[i];
        const struct hg_group *sums = &kind->sums;
        uint32_t type = filter->type == HG_ANY_TYPE ? kind->types : UINT32_C(1) << filter->type;
        if (!(sums->count + sums->unreachable) || !is_of_classes(filter, kind)) continue;
        if (!(kind->types & type)) continue;
        if (kind->types != type) return false;
        wanted[i] = 1;
        *live += sums->count;
        found->objects += sums->count;
        found->bytes += sums->bytes;
        if (filter->reachable) continue;
        found->objects += sums->unreachable;
        found->bytes += sums->unreachable_bytes;
    }
    return true;
}

struct positions {
    const struct hg_tree *tree;
    const struct hg_kinds *kinds;
    const uint8_t *wanted;
    struct hg_best *best; /* by thread */
};

/* How much an object retains at most that is in the frame of this position. */
static inline uint64_t
most_in_frame(const struct hg_column *retained, uint64_t at) {
    if (retained->array) return UINT64_MAX;
    const struct hg_frame *frame = &retained->frame[at / HG_FRAME];
    unsigned width = frame[1].begin - frame[0].begin;
    return width < 63 ? frame->least + (UINT64_C(1) << width) - 1 : UINT64_MAX;
}

static enum hg_status
rank_block(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct positions *positions = data;
    const struct hg_tree *tree = positions->tree;
    const struct hg_kinds *kinds = positions->kinds;
    struct hg_best *best = &positions->best[thread];
    const uint64_t live = (uint64_t)1 << 63;
    hg_column_let_go(&kinds->at, from);
    hg_column_let_go(&tree->retained, from);
    for (uint64_t at = from; at < to; at++) {
        bool full = best->count == best->room;
        if (full && at % HG_FRAME == 0 && to - at >= HG_FRAME &&
            (most_in_frame(&tree->retained, at) | live) < best->items[0].score) {
            at += HG_FRAME - 1;
            continue;
        }
        uint32_t kind = hg_kind_at(kinds, (uint32_t)at);
        if (kind >= kinds->count || !positions->wanted[kind]) continue;
        uint64_t score = hg_retained_at(tree, (uint32_t)at) | live;
        if (full && score < best->items[0].score) continue;
        if (!hg_best_offer(best, score, hg_tree_node(tree, (uint32_t)at))) return HG_NO_MEMORY;
    }
    return HG_OK;
}

static enum hg_status
rank_positions(const struct hg_tree *tree, const struct hg_kinds *kinds, const uint8_t *wanted,
               struct hg_task *task, struct hg_best *best) {
    struct hg_best bests[HG_BLOCK_THREADS];
    struct positions positions = {tree, kinds, wanted, bests};
    unsigned threads = hg_block_threads(tree->reached);
    for (unsigned i = 0; i < threads; i++) bests[i] = (struct hg_best){.room = best->room};
    hg_phase(task, "searching", tree->reached);
    enum hg_status status = hg_each_block(tree->reached, threads, task, rank_block, &positions);
    for (unsigned i = 0; i < threads; i++) {
        if (!hg_best_join(best, &bests[i])) status = HG_NO_MEMORY;
        hg_best_free(&bests[i]);
    }
    return status;
}

enum hg_status
hg_find_by_kind(const struct hg_graph *graph, const struct hg_tree *tree,
                const struct hg_filter *filter, struct hg_task *task, struct hg_best *best,
                struct hg_found *found, bool *done) {
    const struct hg_kinds *kinds = filter->kinds;
    *done = false;
    memset(found, 0, sizeof(*found));
    if (!kinds || filter->nodes || filter->least_bytes || filter->condition_count) return HG_OK;
    if (filter->type != HG_ANY_TYPE && filter->type >= 32) return HG_OK;

    uint64_t live;
    uint8_t *wanted = calloc((size_t)kinds->count + 1, 1);
    if (!wanted) return HG_NO_MEMORY;
    enum hg_status status = HG_OK;
    bool known = mark_kinds(filter, wanted, found, &live);
    *done = known && (live >= best->room || live == found->objects);
    if (*done && best->room && live) status = rank_positions(tree, kinds, wanted, task, best);
    free(wanted);
    return status;
}
