/*
 * Dominators against the definition: x dominates y if y is no longer reached once x is gone.
 */
#include "tree/dominators.h"

#include <string.h>

#include "../builder.h"
#include "../deletion.h"
#include "tree/numbering.h"

static void
check_form(const struct hg_graph *graph, const struct hg_tree *tree) {
    uint32_t reached = 0;
    uint64_t bytes = 0, objects = 0;
    CHECK_EQUAL(graph->nodes - 1, hg_tree_node(tree, 0));
    CHECK_EQUAL(tree->reached, hg_end(tree, 0));
    CHECK_EQUAL(0, hg_up(tree, 0));
    for (uint32_t node = 0; node < graph->nodes; node++) {
        uint32_t at = hg_position(tree, node);
        if (at == HG_NO_NODE) continue;
        reached++;
        CHECK(at < tree->reached);
        CHECK_EQUAL(node, hg_tree_node(tree, at));
        CHECK(at < hg_end(tree, at) && hg_end(tree, at) <= tree->reached);
        if (at > 0)
            CHECK(hg_up(tree, at) < at && hg_end(tree, at) <= hg_end(tree, hg_up(tree, at)));
        if (node < graph->objects) objects++, bytes += hg_memsize(graph, node);
    }
    CHECK_EQUAL(reached, tree->reached);
    CHECK_EQUAL(objects, tree->reachable_objects);
    CHECK_EQUAL(bytes, tree->reachable_bytes);
    CHECK_EQUAL(bytes, hg_retained_at(tree, 0));
    CHECK_EQUAL(graph->objects, tree->reachable_objects + tree->unreachable_objects);

    /* Children fill their parent's run without a gap, and `up` is where they are children. */
    for (uint32_t at = 0; at < tree->reached; at++) {
        uint64_t sum = hg_memsize(graph, hg_tree_node(tree, at));
        for (uint32_t child = at + 1; child < hg_end(tree, at); child = hg_end(tree, child)) {
            CHECK_EQUAL(at, hg_up(tree, child));
            sum += hg_retained_at(tree, child);
        }
        CHECK_EQUAL(sum, hg_retained_at(tree, at));
    }
}

static void
check_node(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t node,
           const uint8_t *all, uint8_t *marked, uint32_t *stack) {
    mark_without(graph, node, marked, stack);
    uint64_t bytes = 0, nodes = 0;
    for (uint32_t other = 0; other < graph->nodes; other++) {
        bool dominated = all[node] && all[other] && !marked[other];
        CHECK_EQUAL(dominated, hg_dominates(tree, node, other));
        if (dominated) bytes += hg_memsize(graph, other), nodes++;
    }
    CHECK_EQUAL(bytes, hg_retained(tree, node));
    CHECK_EQUAL(nodes, hg_retained_nodes(tree, node));
}

/* Checks `samples` nodes against deletion, all of them if there are no more. */
static void
check_tree(const struct hg_graph *graph, uint32_t samples, struct random *random) {
    struct hg_task task = {0};
    struct hg_tree tree;
    uint8_t *all = malloc(graph->nodes), *marked = malloc(graph->nodes);
    uint32_t *stack = malloc(graph->nodes * sizeof(*stack));
    CHECK(all && marked && stack);

    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    mark_without(graph, HG_NO_NODE, all, stack);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        CHECK_EQUAL(all[node], hg_is_reachable(&tree, node));
    }
    check_form(graph, &tree);
    for (uint32_t i = 0; i < samples && i < graph->nodes; i++) {
        uint32_t node = samples < graph->nodes ? random_below(random, graph->nodes) : i;
        check_node(graph, &tree, node, all, marked, stack);
    }
    hg_tree_free(&tree);
    free(all);
    free(marked);
    free(stack);
}

static void
test_random(uint32_t rounds, uint32_t most, uint32_t samples) {
    for (check_seed = 1; check_seed <= check_seeds(rounds); check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        enum shape shape = (enum shape)(check_seed % SHAPES);
        uint32_t objects = random_below(&random, most);
        check_tree(build_random(&builder, shape, objects, &random), samples, &random);
        build_free(&builder);
    }
    check_seed = 0;
}

static void
test_empty(void) {
    for (uint32_t roots = 0; roots < 3; roots++) {
        struct builder builder;
        struct random random = {0};
        build_begin(&builder, 0, roots);
        check_tree(build_finish(&builder), 10, &random);
        build_free(&builder);
    }
}

/* Lists so long that recursion would end the process, forwards and with each link pointing back. */
static void
test_list(uint32_t length) {
    for (int doubly = 0; doubly < 2; doubly++) {
        struct builder builder;
        struct hg_task task = {0};
        struct hg_tree tree;
        build_begin(&builder, length, 1);
        build_reference(&builder, build_root(&builder, 0), 0);
        for (uint32_t node = 1; node < length; node++) {
            build_reference(&builder, node - 1, node);
            if (doubly) build_reference(&builder, node, node - 1);
        }
        const struct hg_graph *graph = build_finish(&builder);
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        for (uint32_t node = 0; node < length; node++) {
            CHECK_EQUAL(40 * (uint64_t)(length - node), hg_retained(&tree, node));
        }
        hg_tree_free(&tree);
        build_free(&builder);
    }
}

/* A hash as wide as it goes: each value is its own, and the last link back changes nothing. */
static void
test_wide(uint32_t width) {
    struct builder builder;
    struct hg_task task = {0};
    struct hg_tree tree;
    build_begin(&builder, width + 1, 1);
    build_reference(&builder, build_root(&builder, 0), 0);
    for (uint32_t node = 1; node <= width; node++) {
        build_reference(&builder, 0, node);
        build_reference(&builder, node, 0);
        builder.class_node[node] = 1;
    }
    const struct hg_graph *graph = build_finish(&builder);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(40 * ((uint64_t)width + 1), hg_retained(&tree, 0));
    for (uint32_t node = 1; node <= width; node++) {
        CHECK_EQUAL(40, hg_retained(&tree, node));
        CHECK_EQUAL(0, hg_dominator(&tree, node));
    }
    hg_tree_free(&tree);
    build_free(&builder);
}

static void
test_stop(void) {
    struct builder builder;
    struct random random = {1};
    struct hg_task task = {.stop = 1};
    struct hg_tree tree;
    const struct hg_graph *graph = build_heap(&builder, 100000, &random);
    CHECK_EQUAL(HG_STOPPED, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(0, tree.reached);
    CHECK(!tree.owned && !hg_has_column(&tree.node));
    build_free(&builder);
}

/* One object with many edges, all of them to nodes that are known: this is one long loop. */
static void
test_stop_in_one_object(uint32_t name) {
    struct builder builder;
    struct hg_task task = {.stop = 1};
    struct hg_numbering numbering;
    build_begin(&builder, 2, 1);
    build_reference(&builder, build_root(&builder, 0), 0);
    for (int i = 0; i < 100000; i++) build_edge(&builder, 0, 0, name);
    const struct hg_graph *graph = build_finish(&builder);
    CHECK_EQUAL(HG_STOPPED, hg_number_nodes(graph, &task, &numbering));
    hg_numbering_free(&numbering);
    task.stop = 0;
    CHECK_EQUAL(HG_OK, hg_number_nodes(graph, &task, &numbering));
    hg_numbering_free(&numbering);
    build_free(&builder);
}

int
main(void) {
    test_empty();
    test_random(7000, 30, 100);
    test_random(210, 3000, 20);
    test_list(2000000);
    test_wide(1000000);
    test_stop();
    test_stop_in_one_object(hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE));
    test_stop_in_one_object(hg_edge_name(HG_E_WEAK, HG_PAYLOAD_NONE));
    return 0;
}
