/*
 * Folded trees against all cells, which are made from the dominator of each node. A cell is known
 * by the classes on the way to it.
 */
#include "tree/folded.h"

#include <string.h>

#include "../builder.h"
#include "tree/class_key.h"

static struct hg_task task;

enum { ROOM = 6000 };

/* All cells, however small: `way` is what a cell of the answer is found by. */
struct full {
    uint32_t parent, depth, cell; /* the number that it has in the answer, or HG_NO_NODE */
    uint64_t key, objects, bytes, retained;
    uint32_t example;
};

static struct full full[ROOM];
static uint32_t fulls;
static uint32_t of_node[ROOM]; /* by node: its full cell, or HG_NO_NODE; deeper than allowed, too */

static uint32_t
full_of(uint32_t parent, uint64_t key) {
    for (uint32_t i = 1; i < fulls; i++)
        if (full[i].parent == parent && full[i].key == key) return i;
    CHECK(fulls < ROOM);
    full[fulls] = (struct full){.parent = parent,
                                .key = key,
                                .depth = full[parent].depth + 1,
                                .cell = HG_NO_NODE,
                                .example = HG_NO_NODE};
    return fulls++;
}

/* The full cell of a node below, made from that of its dominator. */
static uint32_t
place(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t node) {
    if (of_node[node] != HG_NO_NODE) return of_node[node];
    uint32_t parent = place(graph, tree, hg_dominator(tree, node));
    uint64_t key = hg_class_key(graph, node);
    return of_node[node] = parent && full[parent].key == key ? parent : full_of(parent, key);
}

static void
expect(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t below) {
    memset(of_node, 0xff, sizeof(of_node));
    full[0] = (struct full){.cell = HG_NO_NODE, .example = below};
    of_node[below] = 0;
    fulls = 1;
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (!hg_dominates(tree, below, node)) continue;
        struct full *cell = &full[place(graph, tree, node)];
        cell->objects += node < graph->objects;
        cell->bytes += hg_memsize(graph, node);
    }
    for (uint32_t i = 0; i < fulls; i++)
        for (uint32_t at = i;; at = full[at].parent) {
            full[at].retained += full[i].bytes;
            if (at == 0) break;
        }
    /* Of the nodes whose dominators are in the parent, that which retains most. */
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (of_node[node] == HG_NO_NODE || node == below) continue;
        uint32_t *example = &full[of_node[node]].example;
        if (of_node[hg_dominator(tree, node)] == of_node[node]) continue;
        uint64_t size = hg_retained(tree, node);
        if (*example == HG_NO_NODE || size > hg_retained(tree, *example)) *example = node;
    }
}

/* Finds each cell of the answer among all cells, and compares it. */
static void
check_cells(const struct hg_graph *graph, const struct hg_cell *cells, size_t count) {
    static uint32_t of_cell[ROOM];
    for (size_t i = 0; i < count; i++) {
        const struct hg_cell *cell = &cells[i];
        if (i) CHECK(cell->parent < i);
        if (cell->example == HG_NO_NODE) {
            CHECK_EQUAL(cell->bytes, cell->retained);
            continue;
        }
        uint32_t at = of_node[cell->example];
        CHECK(at != HG_NO_NODE);
        CHECK_EQUAL(HG_NO_NODE, full[at].cell);
        if (i) CHECK_EQUAL(of_cell[cell->parent], full[at].parent);
        CHECK_EQUAL(full[at].example, cell->example);
        CHECK_EQUAL(full[at].objects, cell->objects);
        CHECK_EQUAL(full[at].bytes, cell->bytes);
        CHECK_EQUAL(full[at].retained, cell->retained);
        CHECK(full[at].depth <= HG_FOLD_DEPTH);
        full[at].cell = (uint32_t)i;
        of_cell[i] = at;
    }
}

/* A rest is there where a cell is missing; with it, all is what it was. */
static void
check_rests(const struct hg_cell *cells, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (cells[i].example == HG_NO_NODE) continue;
        uint64_t bytes = cells[i].bytes, rests = 0, missing = 0, objects = 0, expected = 0;
        uint32_t at = of_node[cells[i].example];
        for (size_t k = 1; k < count; k++) {
            if (cells[k].parent != i) continue;
            bytes += cells[k].retained;
            rests += cells[k].example == HG_NO_NODE;
            if (cells[k].example == HG_NO_NODE) objects += cells[k].objects;
        }
        CHECK_EQUAL(cells[i].retained, bytes);
        for (uint32_t k = 1; k < fulls; k++)
            missing += full[k].parent == at && full[k].cell == HG_NO_NODE;
        CHECK_EQUAL(missing > 0, rests);
        /* What is in the rest: all cells that have lost the way to the answer just here. */
        for (uint32_t k = 1; k < fulls; k++) {
            uint32_t above = k;
            while (above && full[above].cell == HG_NO_NODE) above = full[above].parent;
            if (full[k].cell == HG_NO_NODE && above == at) expected += full[k].objects;
        }
        CHECK_EQUAL(expected, objects);
    }
}

/* Those that are missing are the smallest, and there was no room for the next one. */
static void
check_choice(uint64_t least, uint32_t limit, size_t count) {
    uint64_t smallest = UINT64_MAX, largest = 0;
    uint32_t cost = UINT32_MAX;
    for (uint32_t i = 0; i < fulls; i++)
        if (full[i].cell != HG_NO_NODE && full[i].retained < smallest) smallest = full[i].retained;
    for (uint32_t i = 1; i < fulls; i++) {
        bool deep = full[i].depth > HG_FOLD_DEPTH;
        if (full[i].cell != HG_NO_NODE) CHECK(full[i].retained >= least);
        if (full[i].cell != HG_NO_NODE || deep) continue;
        CHECK(full[i].retained <= smallest);
        if (full[i].retained > largest) largest = full[i].retained;
    }
    for (uint32_t i = 1; i < fulls; i++) {
        uint32_t parent = full[i].parent, siblings = 0, below = 0;
        if (full[i].cell != HG_NO_NODE || full[i].retained != largest) continue;
        if (full[parent].cell == HG_NO_NODE || full[i].depth > HG_FOLD_DEPTH) continue;
        for (uint32_t k = 1; k < fulls; k++) {
            siblings += full[k].parent == parent && full[k].cell == HG_NO_NODE;
            below += full[k].parent == i;
        }
        uint32_t more = 1 + (below > 0) - (siblings == 1);
        if (cost == UINT32_MAX || more > cost) cost = more; // of equal ones any may be the next
    }
    if (cost != UINT32_MAX && largest >= least) CHECK(count + cost > limit);
}

/* The outline says the same as the tree. */
static void
check_outline(const struct hg_graph *graph, const struct hg_tree *tree,
              const struct hg_kinds *kinds, uint64_t least, uint32_t limit) {
    struct hg_kinds without = *kinds;
    struct hg_cell *cells, *others;
    size_t count, number;
    uint32_t all = graph->nodes - 1;
    without.outline = NULL;
    CHECK(kinds->outline);
    CHECK_EQUAL(HG_OK, hg_fold(graph, tree, kinds, all, least, limit, &task, &cells, &count));
    CHECK_EQUAL(HG_OK, hg_fold(graph, tree, &without, all, least, limit, &task, &others, &number));
    CHECK_EQUAL(number, count);
    CHECK(memcmp(cells, others, count * sizeof(*cells)) == 0);
    free(cells);
    free(others);
}

static void
check_fold(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_kinds *kinds,
           uint32_t below, uint64_t least, uint32_t limit) {
    struct hg_cell *cells;
    size_t count;
    CHECK_EQUAL(HG_OK, hg_fold(graph, tree, kinds, below, least, limit, &task, &cells, &count));
    if (!hg_is_reachable(tree, below)) {
        CHECK_EQUAL(0, count);
        return;
    }
    if (limit < 2) limit = 2;
    expect(graph, tree, below);
    CHECK(count >= 1 && count <= limit);
    CHECK_EQUAL(below, cells[0].example);
    CHECK_EQUAL(hg_retained(tree, below), cells[0].retained);
    check_cells(graph, cells, count);
    check_rests(cells, count);
    check_choice(least, limit, count);
    free(cells);
}

/*
 * A chain of objects of two classes in turn, which is too deep, and a list of one class. The first
 * objects of each class dominate the classes.
 */
static void
test_chains(void) {
    for (int classes = 1; classes <= 2; classes++) {
        enum { LENGTH = 3000 };
        struct builder builder;
        struct hg_tree tree;
        struct hg_kinds kinds;
        struct hg_cell *cells;
        size_t count;
        build_begin(&builder, LENGTH + 2, 1);
        build_reference(&builder, build_root(&builder, 0), 2);
        for (uint32_t i = 2; i < LENGTH + 2; i++) {
            builder.class_node[i] = classes == 2 ? i % 2 : 0;
            if (i > 2) build_reference(&builder, i - 1, i);
        }
        const struct hg_graph *graph = build_finish(&builder);
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        CHECK_EQUAL(HG_OK, hg_kinds_build(graph, &tree, &task, &kinds));
        CHECK_EQUAL(HG_OK, hg_fold(graph, &tree, &kinds, 2, 0, 1000, &task, &cells, &count));
        uint64_t objects = 0, bytes = 0;
        for (size_t i = 0; i < count; i++) objects += cells[i].objects, bytes += cells[i].bytes;
        CHECK_EQUAL(hg_retained_nodes(&tree, 2), objects);
        CHECK_EQUAL(hg_retained(&tree, 2), bytes);
        CHECK_EQUAL(classes == 2 ? HG_FOLD_DEPTH + 4 : 3, count);
        if (classes == 2) CHECK_EQUAL(LENGTH - HG_FOLD_DEPTH - 1, cells[count - 1].objects);
        free(cells);
        hg_kinds_free(&kinds);
        hg_tree_free(&tree);
        build_free(&builder);
    }
}

/* The sums hold in a heap of thousands, for any limit. */
static void
test_heap(void) {
    struct random random = {1};
    struct builder builder;
    struct hg_tree tree;
    struct hg_kinds kinds;
    const struct hg_graph *graph = build_heap(&builder, 60000, &random);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_kinds_build(graph, &tree, &task, &kinds));
    for (uint32_t limit = 2; limit < 200000; limit *= 3) {
        struct hg_cell *cells;
        size_t count;
        uint64_t objects = 0, bytes = 0;
        CHECK_EQUAL(HG_OK, hg_fold(graph, &tree, &kinds, graph->nodes - 1, 0, limit, &task, &cells,
                                   &count));
        CHECK(count <= limit && (count >= limit - 2 || limit > 1000));
        for (size_t i = 0; i < count; i++) objects += cells[i].objects, bytes += cells[i].bytes;
        CHECK_EQUAL(tree.reachable_objects, objects);
        CHECK_EQUAL(tree.reachable_bytes, bytes);
        check_outline(graph, &tree, &kinds, 0, limit);
        check_outline(graph, &tree, &kinds, 100 * limit, HG_OUTLINE);
        free(cells);
    }
    hg_kinds_free(&kinds);
    hg_tree_free(&tree);
    build_free(&builder);
}

int
main(void) {
    for (check_seed = 1; check_seed <= 2000; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        struct hg_tree tree;
        struct hg_kinds kinds;
        const struct hg_graph *graph = build_random(&builder, (enum shape)(check_seed % SHAPES),
                                                    random_below(&random, 80), &random);
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        CHECK_EQUAL(HG_OK, hg_kinds_build(graph, &tree, &task, &kinds));
        for (int i = 0; i < 6; i++) {
            bool all = random_chance(&random, 40);
            uint32_t below = all ? graph->nodes - 1 : random_below(&random, graph->nodes);
            uint64_t least = random_chance(&random, 30) ? random_below(&random, 200) : 0;
            uint32_t limit = random_chance(&random, 30) ? UINT32_MAX : random_below(&random, 40);
            check_fold(graph, &tree, &kinds, below, least, limit);
            check_outline(graph, &tree, &kinds, least, limit);
        }
        hg_kinds_free(&kinds);
        hg_tree_free(&tree);
        build_free(&builder);
    }
    test_chains();
    test_heap();
    return 0;
}
