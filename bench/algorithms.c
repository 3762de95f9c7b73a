/*
 * How fast the reader's algorithms are on graphs that are made for it; run by bench/algorithms.rb.
 */
#include <time.h>

#include "builder.h"
#include "graph/inverse.h"
#include "tree/dominators.h"
#include "tree/groups.h"
#include "paths/paths.h"

static struct hg_task task;

/* Time of this process alone, whatever else runs. */
static double
now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A list whose links point back. */
static const struct hg_graph *
build_list(struct builder *builder, uint32_t objects) {
    build_begin(builder, objects, 1);
    build_reference(builder, build_root(builder, 0), 0);
    for (uint32_t node = 1; node < objects; node++) {
        build_reference(builder, node - 1, node);
        build_reference(builder, node, node - 1);
    }
    return build_finish(builder);
}

/* Three edges from each node to anywhere: no two neighbours are near. */
static const struct hg_graph *
build_anywhere(struct builder *builder, uint32_t objects, struct random *random) {
    build_begin(builder, objects, 1);
    build_reference(builder, build_root(builder, 0), 0);
    for (uint32_t node = 0; node < objects; node++) {
        for (int i = 0; i < 3; i++) build_reference(builder, node, random_below(random, objects));
    }
    return build_finish(builder);
}

/* Hashes of a million entries, all objects of one class. */
static const struct hg_graph *
build_wide(struct builder *builder, uint32_t objects) {
    enum { WIDTH = 1000000 };
    build_begin(builder, objects, 1);
    for (uint32_t node = 0; node < objects; node++) {
        uint32_t hash = node - node % WIDTH;
        if (node == hash) build_reference(builder, build_root(builder, 0), node);
        else build_reference(builder, hash, node);
        builder->class_node[node] = 1;
    }
    return build_finish(builder);
}

static double
per_second(uint32_t nodes, double seconds) {
    return nodes / seconds / 1e6;
}

static void
measure(const char *name, const struct hg_graph *graph, int rounds) {
    struct hg_tree tree;
    struct hg_parents parents;
    struct hg_inverse inverse;
    struct hg_group_query query = {.below = HG_NO_NODE, .limit = UINT32_MAX};
    struct hg_groups groups;
    double best[4] = {1e9, 1e9, 1e9, 1e9};
    for (int round = 0; round < rounds; round++) {
        double time[5] = {now()};
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        time[1] = now();
        CHECK_EQUAL(HG_OK, hg_group_objects(graph, &tree, &query, &task, &groups));
        time[2] = now();
        CHECK_EQUAL(tree.reachable_bytes, hg_retained_at(&tree, 0));
        hg_tree_free(&tree);
        hg_groups_free(&groups);
        double begin = now();
        CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &parents));
        time[3] = now() - begin;
        hg_parents_free(&parents);
        begin = now();
        CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
        time[4] = now() - begin;
        hg_inverse_free(&inverse);

        double spent[4] = {time[1] - time[0], time[2] - time[1], time[3], time[4]};
        for (int i = 0; i < 4; i++) {
            if (spent[i] < best[i]) best[i] = spent[i];
        }
    }
    printf("%-10s %6.1f M %5.2f", name, graph->nodes / 1e6, (double)graph->edges / graph->nodes);
    for (int i = 0; i < 4; i++) {
        printf("  %7.3f s %6.1f M/s", best[i], per_second(graph->nodes, best[i]));
    }
    printf("\n");
    fflush(stdout);
}

int
main(int count, char **arguments) {
    uint32_t objects = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 10000000;
    struct random random = {1};
    struct builder builder;
    printf("%-10s %8s %5s  %19s  %19s  %19s  %19s\n", "graph", "nodes", "edges",
           "dominators, retained", "groups by class", "paths to all", "referrers");
    measure("heap", build_heap(&builder, objects, &random), 3);
    build_free(&builder);
    measure("list", build_list(&builder, objects), 3);
    build_free(&builder);
    measure("wide", build_wide(&builder, objects), 3);
    build_free(&builder);
    measure("anywhere", build_anywhere(&builder, objects, &random), 1);
    build_free(&builder);
    return 0;
}
