/*
 * Questions to the dominator tree, each answered again from its definition.
 */
#include "tree/retained.h"

#include <string.h>

#include "../builder.h"

static struct hg_task task;

static bool
precedes(const struct hg_tree *tree, uint32_t a, uint32_t b) {
    uint64_t of_a = hg_retained(tree, a), of_b = hg_retained(tree, b);
    return of_a > of_b || (of_a == of_b && a < b);
}

/* All nodes with a given dominator, or those that `top` admits, in order, by insertion. */
static uint32_t
expect_dominated(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t node,
                 const uint8_t *top, uint32_t *nodes) {
    uint32_t count = 0;
    for (uint32_t other = 0; other < graph->nodes; other++) {
        if (top ? !top[other] : hg_dominator(tree, other) != node) continue;
        uint32_t at = count++;
        for (; at && precedes(tree, other, nodes[at - 1]); at--) nodes[at] = nodes[at - 1];
        nodes[at] = other;
    }
    return count;
}

static void
check_page(const uint32_t *expected, uint32_t count, uint32_t offset, uint32_t limit,
           const uint32_t *nodes, uint32_t found, uint32_t total) {
    uint32_t left = offset < count ? count - offset : 0;
    CHECK_EQUAL(count, total);
    CHECK_EQUAL(left < limit ? left : limit, found);
    for (uint32_t i = 0; i < found; i++) CHECK_EQUAL(expected[offset + i], nodes[i]);
}

static void
check_dominated(const struct hg_graph *graph, const struct hg_tree *tree, struct random *random) {
    uint32_t *expected = calloc(graph->nodes, sizeof(*expected));
    uint32_t *nodes = calloc(graph->nodes, sizeof(*nodes)), found, total;
    uint8_t *through = calloc(graph->nodes, 1), *top = calloc(graph->nodes, 1);
    CHECK(expected && nodes && through && top);

    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (!hg_is_reachable(tree, node)) continue;
        uint32_t offset = random_below(random, 3), limit = random_below(random, 5);
        uint32_t count = expect_dominated(graph, tree, node, NULL, expected);
        CHECK_EQUAL(HG_OK, hg_dominated(tree, node, offset, limit, nodes, &found, &total));
        check_page(expected, count, offset, limit, nodes, found, total);
    }
    for (int round = 0; round < 2; round++) {
        uint64_t bytes = 0;
        for (uint32_t node = 0; node < graph->objects; node++) {
            through[node] = round && random_chance(random, 30);
        }
        for (uint32_t node = 0; node < graph->objects; node++) {
            uint32_t above = hg_dominator(tree, node);
            while (above != HG_NO_NODE && (above >= graph->objects || through[above])) {
                above = hg_dominator(tree, above);
            }
            top[node] = hg_is_reachable(tree, node) && above == HG_NO_NODE && !through[node];
        }
        uint32_t count = expect_dominated(graph, tree, 0, top, expected);
        struct hg_column column = {.array = through};
        const struct hg_column *passed = round ? &column : NULL;
        CHECK_EQUAL(HG_OK, hg_top(graph, tree, passed, 0, UINT32_MAX, nodes, &found, &total));
        check_page(expected, count, 0, UINT32_MAX, nodes, found, total);
        for (uint32_t i = 0; i < found; i++) bytes += hg_retained(tree, nodes[i]);
        if (!round) CHECK_EQUAL(tree->reachable_bytes, bytes);
    }
    free(expected);
    free(nodes);
    free(through);
    free(top);
}

/* What the virtual root reaches while the members of a set are gone. */
static void
mark_without(const struct hg_graph *graph, const uint8_t *gone, uint8_t *marked) {
    bool more = !gone[graph->nodes - 1];
    memset(marked, 0, graph->nodes);
    marked[graph->nodes - 1] = more;
    while (more) {
        more = false;
        for (uint32_t node = 0; node < graph->nodes; node++) {
            if (!marked[node]) continue;
            uint32_t class = hg_class(graph, node);
            if (class != HG_NO_NODE && !gone[class] && !marked[class])
                marked[class] = 1, more = true;
            for (uint32_t edge = hg_first(graph, node); edge < hg_first(graph, node + 1); edge++) {
                uint32_t to = hg_target(graph, edge);
                if (!hg_edge_holds(hg_name(graph, edge)) || gone[to] || marked[to]) continue;
                marked[to] = 1, more = true;
            }
        }
    }
}

static void
check_set(const struct hg_graph *graph, const struct hg_tree *tree, struct random *random) {
    uint8_t *gone = calloc(graph->nodes, 1), *marked = calloc(graph->nodes, 1);
    uint8_t *freed = calloc(graph->nodes, 1);
    uint32_t nodes[6], count = random_below(random, 6);
    struct hg_held exact;
    CHECK(gone && marked && freed);

    for (uint32_t i = 0; i < count; i++) {
        nodes[i] = random_below(random, graph->nodes);
        if (i && random_chance(random, 20)) nodes[i] = nodes[0];
        gone[nodes[i]] = 1;
    }
    CHECK_EQUAL(HG_OK, hg_retained_exact(graph, tree, nodes, count, &task, &exact, freed));

    uint64_t kept = 0, kept_bytes = 0, members = 0;
    mark_without(graph, gone, marked);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        bool reachable = hg_is_reachable(tree, node);
        members += gone[node] && reachable;
        CHECK_EQUAL(reachable && !marked[node], freed[node]);
        if (node >= graph->objects) continue;
        if (freed[node]) kept++, kept_bytes += hg_memsize(graph, node);
    }
    CHECK_EQUAL(kept, exact.nodes);
    CHECK_EQUAL(kept_bytes, exact.bytes);
    CHECK_EQUAL(members, exact.members);

    struct hg_held again;
    CHECK_EQUAL(HG_OK, hg_retained_exact(graph, tree, nodes, count, &task, &again, NULL));
    CHECK_EQUAL(exact.bytes, again.bytes);
    free(gone);
    free(marked);
    free(freed);
}

int
main(void) {
    for (check_seed = 1; check_seed <= 2000; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        struct hg_tree tree;
        const struct hg_graph *graph = build_random(&builder, (enum shape)(check_seed % SHAPES),
                                                    random_below(&random, 40), &random);
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        check_dominated(graph, &tree, &random);
        for (int i = 0; i < 5; i++) check_set(graph, &tree, &random);
        hg_tree_free(&tree);
        build_free(&builder);
    }
    return 0;
}
