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

enum hg_status
hg_count_pages(const struct hg_graph *graph, const struct hg_tree *tree, uint64_t page_bytes,
               struct hg_task *task, struct hg_pages *pages, struct hg_numbers *sparse) {
    struct page page = {0};
    struct hg_addresses addresses = {.index = graph->index};
    memset(pages, 0, sizeof(*pages));
    hg_phase(task, "pages", graph->objects);
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) return HG_STOPPED;
        uint64_t address = hg_next_address(&addresses);
        if (hg_type(graph, node) == HG_T_MISSING) continue;
        uint64_t distance = address - page.last_address;
        if (!page.objects || address - page.begin >= page_bytes) {
            close_page(&page, page_bytes, pages, sparse);
            page = (struct page){.begin = address / page_bytes * page_bytes,
                                 .least_distance = LARGEST_SLOT,
                                 .before = sparse ? sparse->count : 0};
        }
        else if (distance && distance < page.least_distance) page.least_distance = distance;
        page.last_address = address;
        page.objects++;
        if (!hg_is_reachable(tree, node)) continue;
        page.live++;
        if (sparse) hg_numbers_add(sparse, node);
    }
    close_page(&page, page_bytes, pages, sparse);
    return sparse && sparse->failed ? HG_NO_MEMORY : HG_OK;
}
