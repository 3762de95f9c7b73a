/*
 * Pages against their definition: the objects of each page are looked for among all objects.
 */
#include "search/pages.h"

#include "../builder.h"
#include "reading/piece.h"
#include "records/index.h"

enum { MOST = 200, PAGE = 4096, SLOT = 40, PAGES = 250000, FEW = PAGE / SLOT / 10 };

static struct hg_task task;
static uint64_t *addresses;

/* Lets the objects of a graph be at the addresses. */
static void
give_index(struct builder *builder, struct hg_index *index) {
    struct hg_units units;
    struct hg_seen_units seen;
    uint32_t nodes;
    hg_units_init(&units);
    CHECK(hg_seen_units_init(&seen, &units));
    for (uint32_t node = 0; node < builder->graph.objects; node++)
        CHECK(hg_place(&seen, addresses[node]) != HG_NO_PLACE);
    CHECK_EQUAL(HG_OK, hg_units_rank(&units, &nodes));
    CHECK_EQUAL(builder->graph.objects, nodes);
    CHECK_EQUAL(HG_OK, hg_index_pack(&units, index));
    hg_seen_units_free(&seen);
    hg_units_free(&units);
    builder->graph.index = index;
}

static void
free_index(struct hg_index *index) {
    free((void *)index->key);
    free((void *)index->base);
    free((void *)index->bits);
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

/*
 * Many pages with a few objects each, and full ones between them, so that there are millions of
 * objects on sparse pages. What is on a page is known from how it is made.
 */
static void
check_many(void) {
    enum { FULL = 2 * FEW, FULL_EVERY = 50, DEAD_EVERY = 7 };
    struct builder builder;
    struct hg_tree tree;
    struct hg_index index;
    struct hg_pages pages, expected = {0};
    struct hg_numbers found = {0};
    uint32_t objects = 0, live = 0;
    for (uint32_t page = 0; page < PAGES; page++) objects += page % FULL_EVERY ? FEW : FULL;
    addresses = calloc(objects, sizeof(*addresses));
    CHECK(addresses);
    build_begin(&builder, objects, 1);
    uint32_t *sparse = calloc(objects, sizeof(*sparse)), node = 0;
    CHECK(sparse);
    for (uint32_t page = 0; page < PAGES; page++) {
        uint32_t on = page % FULL_EVERY ? FEW : FULL;
        bool dead = page % DEAD_EVERY == 3;
        expected.dead += dead;
        expected.used += !dead;
        expected.sparse += !dead && on == FEW;
        for (uint32_t i = 0; i < on; i++, node++) {
            addresses[node] = UINT64_C(0x7f0000000000) + (uint64_t)page * PAGE + i * SLOT;
            if (dead) continue;
            build_reference(&builder, build_root(&builder, 0), node);
            if (on == FEW) sparse[live++] = node;
        }
    }
    const struct hg_graph *graph = build_finish(&builder);
    give_index(&builder, &index);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_count_pages(graph, &tree, PAGE, &task, &pages, &found));
    CHECK(live > 2000000);
    CHECK_EQUAL(live, found.count);
    for (uint32_t i = 0; i < live; i++) CHECK_EQUAL(sparse[i], found.items[i]);
    CHECK_EQUAL(live, pages.sparse_objects);
    CHECK_EQUAL(expected.used, pages.used);
    CHECK_EQUAL(expected.sparse, pages.sparse);
    CHECK_EQUAL(expected.dead, pages.dead);
    hg_numbers_free(&found);
    free(sparse);
    free(addresses);
    free_index(&index);
    hg_tree_free(&tree);
    build_free(&builder);
}

static void
pack(struct hg_column *column, const uint32_t *numbers, uint64_t count) {
    struct hg_number_kind kind = {4, 0};
    uint64_t frames = hg_frames(count);
    struct hg_frame *frame = calloc(frames + 1, sizeof(*frame));
    CHECK(frame);
    hg_find_frames(numbers, kind, count, 0, frames, frame);
    uint64_t *words = calloc(hg_place_frames(frame, frames) + 1, sizeof(*words));
    CHECK(words);
    hg_pack_frames(numbers, kind, count, 0, frames, frame, words);
    *column = (struct hg_column){.frame = frame, .word = words};
}

static void
free_packed(struct hg_column *column) {
    free((void *)column->frame);
    free((void *)column->word);
}

/* The same with columns as an index has them, of a graph of which not all objects have lines. */
static void
check_packed(struct builder *builder, const struct hg_tree *tree, struct random *random) {
    struct hg_graph *graph = &builder->graph;
    struct hg_tree packed = *tree;
    uint32_t *lines = calloc(graph->nodes, sizeof(*lines));
    uint32_t *positions = calloc(graph->nodes, sizeof(*positions));
    CHECK(lines && positions);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        lines[node] = hg_type(graph, node) == HG_T_MISSING ? HG_NO_LINE : random_below(random, 999);
        positions[node] = hg_position(tree, node);
    }
    pack(&graph->line, lines, graph->nodes);
    pack(&packed.position, positions, graph->nodes);
    check_graph(graph, &packed);
    free_packed(&graph->line);
    free_packed(&packed.position);
    graph->line = (struct hg_column){0};
    free(lines);
    free(positions);
}

/* A few pages of random graphs. */
static void
check_random(void) {
    static uint64_t few[MOST];
    addresses = few;
    for (check_seed = 1; check_seed <= check_seeds(3000); check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        struct hg_tree tree;
        struct hg_index index;
        const struct hg_graph *graph = build_random(&builder, (enum shape)(check_seed % SHAPES),
                                                    random_below(&random, 100), &random);
        CHECK(graph->objects <= MOST);
        uint64_t address = 0x7f0000000000, slot = 40 << random_below(&random, 5);
        uint32_t gap = 1 + random_below(&random, 60);
        for (uint32_t node = 0; node < graph->objects; node++)
            addresses[node] = address += slot * (1 + random_below(&random, gap));
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        give_index(&builder, &index);
        check_graph(graph, &tree);
        check_packed(&builder, &tree, &random);
        free_index(&index);
        hg_tree_free(&tree);
        build_free(&builder);
    }
}

int
main(void) {
    check_random();
    check_many();
    return 0;
}
