/*
 * Groups, each counted again for itself.
 */
#include "tree/groups.h"

#include "../builder.h"

static struct hg_task task;

static bool
belongs(const struct hg_graph *graph, enum hg_group_by by, const struct hg_group *group,
        uint32_t node) {
    uint32_t class = hg_real_class(graph, node);
    uint8_t type = graph->type[node];
    bool kind = type == HG_T_IMEMO || type == HG_T_DATA;
    switch (by) {
    case HG_BY_TYPE:
        return group->key == type;
    case HG_BY_LOCATION:
        return group->key == graph->location[node];
    case HG_BY_GENERATION:
        return group->key == graph->generation[node];
    default:
        break;
    }
    if (class != HG_NO_NODE || group->key != HG_NO_NODE) return group->key == class;
    return group->type == type && group->label == (kind ? graph->label[node] : HG_NO_STRING);
}

/* Bytes of all objects that one of the members or several dominate. */
static uint64_t
dominated_bytes(const struct hg_graph *graph, const struct hg_tree *tree, const uint32_t *members,
                uint64_t count) {
    uint64_t bytes = 0;
    for (uint32_t node = 0; node < graph->objects; node++) {
        uint64_t i = 0;
        while (i < count && !hg_dominates(tree, members[i], node)) i++;
        if (i < count) bytes += graph->memsize[node];
    }
    return bytes;
}

/* Counts a group's objects and what they dominate together; returns how many there are. */
static uint64_t
check_group(const struct hg_graph *graph, const struct hg_tree *tree, enum hg_group_by by,
            uint32_t below, const struct hg_group *group) {
    uint32_t *members = malloc(graph->nodes * sizeof(*members));
    uint64_t count = 0, bytes = 0, unreachable = 0, unreachable_bytes = 0, most = 0;
    uint32_t largest = HG_NO_NODE;
    CHECK(members);
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (!belongs(graph, by, group, node)) continue;
        if (below != HG_NO_NODE && (node == below || !hg_dominates(tree, below, node))) continue;
        if (tree && !hg_is_reachable(tree, node)) {
            unreachable++;
            unreachable_bytes += graph->memsize[node];
            continue;
        }
        uint64_t size = tree ? hg_retained(tree, node) : graph->memsize[node];
        if (largest == HG_NO_NODE || size > most) largest = node, most = size;
        members[count++] = node;
        bytes += graph->memsize[node];
    }
    CHECK_EQUAL(count, group->count);
    CHECK_EQUAL(bytes, group->bytes);
    CHECK_EQUAL(unreachable, group->unreachable);
    CHECK_EQUAL(unreachable_bytes, group->unreachable_bytes);
    CHECK_EQUAL(largest, group->largest);
    CHECK_EQUAL(tree ? dominated_bytes(graph, tree, members, count) : 0, group->retained);
    free(members);
    return count + unreachable;
}

static void
check_groups(const struct hg_graph *graph, const struct hg_tree *tree, enum hg_group_by by,
             uint32_t below) {
    struct hg_group *groups;
    size_t count;
    uint64_t objects = 0, expected = graph->objects;
    CHECK_EQUAL(HG_OK, hg_groups(graph, tree, by, below, &task, &groups, &count));
    for (size_t i = 0; i < count; i++) {
        uint64_t members = check_group(graph, tree, by, below, &groups[i]);
        CHECK(members > 0);
        objects += members;
        if (i) CHECK(groups[i].retained <= groups[i - 1].retained);
        if (i && groups[i].retained == groups[i - 1].retained) {
            CHECK(groups[i].bytes <= groups[i - 1].bytes);
        }
    }
    if (below != HG_NO_NODE) {
        expected = hg_retained_nodes(tree, below);
        if (expected && below < graph->objects) expected--;
        else if (expected && below == graph->nodes - 1) expected = tree->reachable_objects;
        else if (expected) expected--;
    }
    CHECK_EQUAL(expected, objects);
    free(groups);
}

/* More groups than the first table has room for. */
static void
test_many(void) {
    struct builder builder;
    build_begin(&builder, 5000, 1);
    for (uint32_t node = 0; node < 5000; node++) builder.location[node] = node / 2 * 7919;
    const struct hg_graph *graph = build_finish(&builder);
    struct hg_group *groups;
    size_t count;
    CHECK_EQUAL(HG_OK, hg_groups(graph, NULL, HG_BY_LOCATION, HG_NO_NODE, &task, &groups, &count));
    CHECK_EQUAL(2500, count);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(2, groups[i].count);
        CHECK_EQUAL(80, groups[i].bytes);
        CHECK_EQUAL(i * 7919, groups[i].key);
    }
    free(groups);
    build_free(&builder);
}

int
main(void) {
    for (check_seed = 1; check_seed <= 1000; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        struct hg_tree tree;
        const struct hg_graph *graph = build_random(&builder, (enum shape)(check_seed % SHAPES),
                                                    random_below(&random, 60), &random);
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        for (int by = HG_BY_CLASS; by <= HG_BY_GENERATION; by++) {
            uint32_t below = random_below(&random, graph->nodes);
            check_groups(graph, &tree, (enum hg_group_by)by, HG_NO_NODE);
            check_groups(graph, &tree, (enum hg_group_by)by, below);
            check_groups(graph, NULL, (enum hg_group_by)by, HG_NO_NODE);
        }
        hg_tree_free(&tree);
        build_free(&builder);
    }
    test_many();
    return 0;
}
