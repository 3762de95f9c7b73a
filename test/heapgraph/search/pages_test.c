/*
 * Pages against their definition: the objects of each page are looked for among all objects.
 */
#include "search/pages.h"

#include "../builder.h"

enum { MOST = 200, PAGE = 4096 };

static struct hg_task task;
static uint64_t addresses[MOST];

uint64_t
hg_address(const struct hg_graph *graph, uint32_t node) {
    return node < graph->objects ? addresses[node] : 0;
}

/* What is on the page of a node; the node is its first object. */
static void
count_page(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t first,
           struct hg_pages *pages, bool *sparse) {
    uint64_t live = 0, least = 640, last = 0;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (addresses[node] / PAGE != addresses[first] / PAGE) continue;
        if (hg_type(graph, node) == HG_T_MISSING) continue;
        if (last && addresses[node] - last < least) least = addresses[node] - last;
        last = addresses[node];
        live += hg_is_reachable(tree, node);
    }
    *sparse = live && live * 10 <= PAGE / least;
    pages->dead += live == 0;
    pages->used += live != 0;
    pages->sparse += *sparse;
    if (*sparse) pages->sparse_objects += live;
}

static void
check_graph(const struct hg_graph *graph, const struct hg_tree *tree) {
    struct hg_pages pages, without, expected = {0};
    struct hg_numbers found = {0};
    uint64_t page = UINT64_MAX, count = 0;
    bool sparse = false;
    CHECK_EQUAL(HG_OK, hg_count_pages(graph, tree, PAGE, &task, &pages, &found));
    CHECK_EQUAL(HG_OK, hg_count_pages(graph, tree, PAGE, &task, &without, NULL));
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (hg_type(graph, node) == HG_T_MISSING) continue;
        if (addresses[node] / PAGE != page) {
            page = addresses[node] / PAGE;
            count_page(graph, tree, node, &expected, &sparse);
        }
        if (!sparse || !hg_is_reachable(tree, node)) continue;
        CHECK(count < found.count);
        CHECK_EQUAL(node, found.items[count++]);
    }
    CHECK_EQUAL(count, found.count);
    CHECK_EQUAL(expected.used, pages.used);
    CHECK_EQUAL(expected.sparse, pages.sparse);
    CHECK_EQUAL(expected.sparse_objects, pages.sparse_objects);
    CHECK_EQUAL(expected.dead, pages.dead);
    CHECK_EQUAL(pages.used, without.used);
    CHECK_EQUAL(pages.sparse_objects, without.sparse_objects);
    hg_numbers_free(&found);
}

int
main(void) {
    for (check_seed = 1; check_seed <= 3000; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        struct hg_tree tree;
        const struct hg_graph *graph = build_random(&builder, (enum shape)(check_seed % SHAPES),
                                                    random_below(&random, 100), &random);
        CHECK(graph->objects <= MOST);
        uint64_t address = 0x7f0000000000, slot = 40 << random_below(&random, 5);
        uint32_t gap = 1 + random_below(&random, 60);
        for (uint32_t node = 0; node < graph->objects; node++)
            addresses[node] = address += slot * (1 + random_below(&random, gap));
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        check_graph(graph, &tree);
        hg_tree_free(&tree);
        build_free(&builder);
    }
    return 0;
}
