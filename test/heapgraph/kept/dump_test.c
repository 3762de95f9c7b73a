/*
 * dump_test DUMP: the algorithms on a real heap, against deletion and against each other.
 */
#include <string.h>

#include "../check.h"
#include "../deletion.h"
#include "graph/inverse.h"
#include "graph/load.h"
#include "tree/groups.h"
#include "tree/retained.h"
#include "paths/paths.h"

uint64_t check_seed;
static struct hg_task task;

/* Deletes the largest, and others at random, and looks what is left. */
static void
check_dominators(const struct hg_graph *graph, const struct hg_tree *tree) {
    enum { LARGEST = 30, SAMPLES = 120 };
    struct random random = {1};
    uint8_t *all = malloc(graph->nodes), *marked = malloc(graph->nodes);
    uint32_t *stack = malloc(graph->nodes * sizeof(*stack)), largest[LARGEST], found, total;
    CHECK(all && marked && stack);

    mark_without(graph, HG_NO_NODE, all, stack);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        CHECK_EQUAL(all[node], hg_is_reachable(tree, node));
    }
    CHECK_EQUAL(HG_OK, hg_top(graph, tree, NULL, 0, LARGEST, largest, &found, &total));
    for (check_seed = 0; check_seed < SAMPLES; check_seed++) {
        uint32_t node = check_seed < found ? largest[check_seed]
                                           : random_below(&random, graph->nodes - 1);
        uint64_t bytes = 0, nodes = 0;
        if (!all[node]) continue;
        mark_without(graph, node, marked, stack);
        for (uint32_t other = 0; other < graph->nodes; other++) {
            bool gone = all[other] && !marked[other];
            CHECK_EQUAL(gone, hg_dominates(tree, node, other));
            if (gone) bytes += hg_memsize(graph, other), nodes++;
        }
        CHECK_EQUAL(bytes, hg_retained(tree, node));
        CHECK_EQUAL(nodes, hg_retained_nodes(tree, node));
    }
    check_seed = 0;
    free(all);
    free(marked);
    free(stack);
}

static void
check_sums(const struct hg_graph *graph, const struct hg_tree *tree) {
    uint32_t *top = malloc(graph->nodes * sizeof(*top)), found, total;
    uint64_t bytes = 0, objects = 0;
    CHECK(top);
    CHECK_EQUAL(HG_OK, hg_top(graph, tree, NULL, 0, graph->nodes, top, &found, &total));
    for (uint32_t i = 0; i < found; i++) bytes += hg_retained(tree, top[i]);
    CHECK_EQUAL(tree->reachable_bytes, bytes);
    CHECK_EQUAL(graph->objects, tree->reachable_objects + tree->unreachable_objects);
    free(top);

    for (int by = HG_BY_CLASS; by <= HG_BY_GENERATION; by++) {
        struct hg_group_query query = {
            .by = (enum hg_group_by)by, .below = HG_NO_NODE, .limit = UINT32_MAX};
        struct hg_groups groups;
        CHECK_EQUAL(HG_OK, hg_group_objects(graph, tree, &query, &task, &groups));
        bytes = objects = 0;
        for (size_t i = 0; i < groups.count; i++) {
            const struct hg_group *group = &groups.items[i];
            bytes += group->bytes;
            objects += group->count + group->unreachable;
            CHECK(group->retained >= group->bytes || group->count == 0);
            CHECK(group->retained <= tree->reachable_bytes);
        }
        CHECK_EQUAL(tree->reachable_bytes, bytes);
        CHECK_EQUAL(graph->objects, objects);
        hg_groups_free(&groups);
    }
}

static void
check_paths(const struct hg_graph *graph, const struct hg_tree *tree,
            const struct hg_parents *parents) {
    enum { SAMPLES = 300, PATHS = 8 };
    struct random random = {2};
    struct hg_inverse inverse;
    uint64_t steps = 0, modules = 0;
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    for (uint32_t node = 0; node < graph->nodes; node++) {
        CHECK_EQUAL(hg_is_reachable(tree, node), hg_parent_cost(parents, node) != UINT32_MAX);
        modules += hg_parent_module(parents, node);
    }
    CHECK(modules > 100);
    for (check_seed = 1; check_seed <= SAMPLES; check_seed++) {
        uint32_t node = random_below(&random, graph->objects), found;
        struct hg_path paths[PATHS];
        bool more;
        CHECK_EQUAL(
            HG_OK, hg_paths(graph, &inverse, parents, node, PATHS, 0, &task, paths, &found, &more));
        CHECK_EQUAL(hg_is_reachable(tree, node), found > 0);
        for (uint32_t i = 0; i < found; i++) {
            uint32_t from = graph->nodes - 1, name;
            for (uint32_t j = 0; j < paths[i].length; j++, steps++) {
                CHECK(hg_edge_between(graph, from, paths[i].steps[j].node, &name));
                CHECK(hg_edge_holds(name));
                from = paths[i].steps[j].node;
            }
            CHECK_EQUAL(node, from);
            /* Whatever dominates a node is on all of its paths. */
            for (uint32_t above = hg_dominator(tree, node); above != HG_NO_NODE;
                 above = hg_dominator(tree, above)) {
                bool on_path = above == graph->nodes - 1;
                for (uint32_t j = 0; j < paths[i].length; j++) {
                    on_path |= paths[i].steps[j].node == above;
                }
                CHECK(on_path);
            }
            hg_path_free(&paths[i]);
        }
    }
    check_seed = 0;
    CHECK(steps > SAMPLES);
    hg_inverse_free(&inverse);
}

int
main(int count, char **arguments) {
    struct hg_source *source;
    struct hg_load_options options = {0};
    struct hg_graph *graph;
    struct hg_tree tree;
    struct hg_parents parents;
    CHECK_EQUAL(2, (uint64_t)count);
    CHECK_EQUAL(HG_OK, hg_source_open(arguments[1], &task, &source));
    CHECK_EQUAL(HG_OK, hg_load(source, &options, &task, &graph));
    CHECK(graph->objects > 1000);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &parents));
    check_dominators(graph, &tree);
    check_sums(graph, &tree);
    check_paths(graph, &tree, &parents);
    hg_tree_free(&tree);
    hg_parents_free(&parents);
    hg_graph_free(graph);
    return 0;
}
