/* Place in the flow: see pages.h. */
#include "search/pages.h"

#include <string.h>

#include "base/progress.h"
#include "records/index.h"

#define LARGEST_SLOT 640

/* The objects of one page, counted in the order of their addresses. */
struct page {
    uint64_t begin, last_address, least_distance;
    uint64_t objects, live;
    size_t before; /* how many objects on sparse pages come before those of this one */
};

/* The live objects of the page have been added to `sparse`, and go from there if it is not. */
static void
close_page(const struct page *page, uint64_t page_bytes, struct hg_pages *pages,
           struct hg_numbers *sparse) {
    if (!page->objects) return;
    if (!page->live) {
        pages->dead++;
        return;
    }
    pages->used++;
    if (page->live * 10 > page_bytes / page->least_distance) {
        if (sparse) sparse->count = page->before;
        return;
    }
    pages->sparse++;
    pages->sparse_objects += page->live;
}

struct counting {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    uint64_t page_bytes;
    struct page page;
    struct hg_pages *pages;
    struct hg_numbers *sparse;
};

/* Counts an object, live or not. */
static inline void
count(struct counting *counting, uint64_t address, bool live) {
    struct page *page = &counting->page;
    uint64_t distance = address - page->last_address;
    if (!page->objects || address - page->begin >= counting->page_bytes) {
        close_page(page, counting->page_bytes, counting->pages, counting->sparse);
        *page = (struct page){.begin = address / counting->page_bytes * counting->page_bytes,
                              .least_distance = LARGEST_SLOT,
                              .before = counting->sparse ? counting->sparse->count : 0};
    }
    else if (distance && distance < page->least_distance) page->least_distance = distance;
    page->last_address = address;
    page->objects++;
    page->live += live;
}

/* Counts the objects of one word of the bitmaps, of which `node` is the first. */
static void
count_word(struct counting *counting, uint64_t begin, uint64_t bits, uint32_t node) {
    const struct hg_graph *graph = counting->graph;
    const struct hg_column *position = &counting->tree->position;
    uint32_t end = node + hg_popcount(bits);
    // an object without a line is HG_T_MISSING
    bool all = hg_all_there(position, node, end) && hg_all_there(&graph->line, node, end);
    for (; bits; bits &= bits - 1, node++) {
        if (!all && hg_type(graph, node) == HG_T_MISSING) continue;
        bool live = all || hg_is_reachable(counting->tree, node);
        count(counting, begin + ((uint64_t)__builtin_ctzll(bits) << 3), live);
        if (live && counting->sparse) hg_numbers_add(counting->sparse, node);
    }
}

enum hg_status
hg_count_pages(const struct hg_graph *graph, const struct hg_tree *tree, uint64_t page_bytes,
               struct hg_task *task, struct hg_pages *pages, struct hg_numbers *sparse) {
    const struct hg_index *index = graph->index;
    struct counting counting = {
        .graph = graph, .tree = tree, .page_bytes = page_bytes, .pages = pages, .sparse = sparse};
    uint32_t node = 0;
    memset(pages, 0, sizeof(*pages));
    hg_phase(task, "pages", graph->objects);
    for (uint64_t unit = 0; unit < index->units; unit++) {
        if (unit % HG_STRIDE == 0 && !hg_step(task, node)) return HG_STOPPED;
        for (uint64_t word = 0; word < HG_UNIT_WORDS; word++) {
            uint64_t bits = index->bits[unit][word];
            uint64_t begin = index->key[unit] << HG_UNIT_BITS | word * 64 << 3;
            if (bits) count_word(&counting, begin, bits, node);
            node += hg_popcount(bits);
        }
    }
    close_page(&counting.page, page_bytes, pages, sparse);
    return sparse && sparse->failed ? HG_NO_MEMORY : HG_OK;
}
