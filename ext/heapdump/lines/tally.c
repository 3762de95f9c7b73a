/*
 * Counts what has been written; see tally.h.
 */
#include "lines/tally.h"

struct hd_heap_count *
hd_tally_heap(struct hd_tally *tally, size_t stride) {
    for (int i = 0; i < tally->heaps_size; i++) {
        if (tally->heaps[i].stride == stride) return &tally->heaps[i];
    }
    if (tally->heaps_size == HD_STRIDES) return NULL;
    tally->heaps[tally->heaps_size] = (struct hd_heap_count){.stride = stride};
    return &tally->heaps[tally->heaps_size++];
}

void
hd_tally_add(struct hd_tally *sum, const struct hd_tally *tally) {
    sum->objects += tally->objects;
    sum->lines += tally->lines;
    sum->roots += tally->roots;
    sum->bytes += tally->bytes;
    sum->written += tally->written;
    sum->errors += tally->errors;
    sum->allocated += tally->allocated;
    sum->gc_runs += tally->gc_runs;
    if (!sum->error) sum->error = tally->error;
    for (int i = 0; i < tally->heaps_size; i++) {
        struct hd_heap_count *heap = hd_tally_heap(sum, tally->heaps[i].stride);
        if (!heap) continue;
        heap->pages += tally->heaps[i].pages;
        heap->slots += tally->heaps[i].slots;
        heap->free += tally->heaps[i].free;
    }
}

bool
hd_tally_adds_up(const struct hd_tally *sum, bool framed) {
    uint64_t ends = framed ? 2 : 0;
    return sum->lines == sum->objects + sum->roots + ends;
}
