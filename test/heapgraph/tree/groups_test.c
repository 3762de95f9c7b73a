/*
 * Groups, each counted again for itself.
 */
#include "tree/groups.h"

#include "../builder.h"
#include "tree/class_key.h"
#include "tree/kinds.h"
#include "tree/retained.h"

static struct hg_task task;

static bool
belongs(const struct hg_graph *graph, enum hg_group_by by, const struct hg_group *group,
        uint32_t node) {
    uint32_t class = hg_real_class(graph, node);
    uint8_t type = hg_type(graph, node);
    bool kind = type == HG_T_IMEMO || type == HG_T_DATA;
    switch (by) {
    case HG_BY_TYPE:
        return group->key == type;
    case HG_BY_LOCATION:
        return group->key == hg_location(graph, node);
    case HG_BY_GENERATION:
        return group->key == hg_generation(graph, node);
    default:
        break;
    }
    if (class != HG_NO_NODE || group->key != HG_NO_NODE) return group->key == class;
    return group->type == type && group->label == (kind ? hg_label(graph, node) : HG_NO_STRING);
}

/* Bytes of all objects that one of the members or several dominate. */
static uint64_t
dominated_bytes(const struct hg_graph *graph, const struct hg_tree *tree, const uint32_t *members,
                uint64_t count) {
    uint64_t bytes = 0;
    for (uint32_t node = 0; node < graph->objects; node++) {
        uint64_t i = 0;
        while (i < count && !hg_dominates(tree, members[i], node)) i++;
        if (i < count) bytes += hg_memsize(graph, node);
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
            unreachable_bytes += hg_memsize(graph, node);
            continue;
        }
        uint64_t size = tree ? hg_retained(tree, node) : hg_memsize(graph, node);
        if (largest == HG_NO_NODE || size > most) largest = node, most = size;
        members[count++] = node;
        bytes += hg_memsize(graph, node);
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

static struct hg_groups
ask(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_group_query *query) {
    struct hg_groups groups;
    CHECK_EQUAL(HG_OK, hg_group_objects(graph, tree, query, &task, &groups));
    return groups;
}

static void
check_groups(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_kinds *kinds,
             enum hg_group_by by, uint32_t below) {
    struct hg_group_query query = {.by = by, .kinds = kinds, .below = below, .limit = UINT32_MAX};
    struct hg_groups groups = ask(graph, tree, &query);
    uint64_t objects = 0, expected = graph->objects;
    CHECK_EQUAL(groups.total, groups.count);
    for (size_t i = 0; i < groups.count; i++) {
        const struct hg_group *group = &groups.items[i];
        uint64_t members = check_group(graph, tree, by, below, group);
        CHECK(members > 0);
        objects += members;
        if (i) CHECK(group->retained <= group[-1].retained);
        if (i && group->retained == group[-1].retained) CHECK(group->bytes <= group[-1].bytes);
    }
    if (below != HG_NO_NODE) {
        expected = hg_retained_nodes(tree, below);
        if (expected && below < graph->objects) expected--;
        else if (expected && below == graph->nodes - 1) expected = tree->reachable_objects;
        else if (expected) expected--;
    }
    CHECK_EQUAL(expected, objects);
    hg_groups_free(&groups);
}

static uint64_t
size_by(enum hg_group_sort sort, const struct hg_group *group) {
    return sort == HG_GROUPS_BYTES   ? group->bytes
           : sort == HG_GROUPS_COUNT ? group->count
                                     : group->retained;
}

/* Another order has the same groups; the first of them and the rest are all. */
static void
check_orders(const struct hg_graph *graph, const struct hg_tree *tree, enum hg_group_by by,
             uint32_t limit) {
    struct hg_group_query query = {.by = by, .below = HG_NO_NODE, .limit = UINT32_MAX};
    for (int sort = 0; sort < HG_GROUP_SORTS; sort++) {
        query.sort = (enum hg_group_sort)sort;
        query.limit = UINT32_MAX;
        struct hg_groups all = ask(graph, tree, &query);
        query.limit = limit;
        struct hg_groups few = ask(graph, tree, &query);
        struct hg_group rest = few.rest;
        CHECK_EQUAL(all.total, few.total);
        CHECK_EQUAL(all.count < limit ? all.count : limit, few.count);
        for (size_t i = 0; i < all.count; i++) {
            const struct hg_group *group = &all.items[i];
            if (i) CHECK(size_by(query.sort, group) <= size_by(query.sort, group - 1));
            check_group(graph, tree, by, HG_NO_NODE, group);
            if (i < few.count) {
                CHECK_EQUAL(group->key, few.items[i].key);
                CHECK_EQUAL(group->label, few.items[i].label);
                continue;
            }
            rest.count -= group->count;
            rest.bytes -= group->bytes;
            rest.unreachable -= group->unreachable;
            rest.unreachable_bytes -= group->unreachable_bytes;
        }
        CHECK_EQUAL(0, rest.count + rest.bytes + rest.unreachable + rest.unreachable_bytes);
        CHECK_EQUAL(0, rest.retained);
        hg_groups_free(&all);
        hg_groups_free(&few);
    }
}

/* The groups of what is at the top of the tree, or directly below a node. */
static void
check_outermost(const struct hg_graph *graph, const struct hg_tree *tree, enum hg_group_by by,
                uint32_t below, struct random *random) {
    uint8_t *through = calloc(graph->nodes, 1);
    struct hg_column column = {.array = through};
    uint32_t *nodes = calloc(graph->nodes, sizeof(*nodes)), found, total;
    CHECK(through && nodes);
    for (uint32_t node = 0; node < graph->objects; node++)
        through[node] = random_chance(random, 30);
    if (below != HG_NO_NODE)
        CHECK_EQUAL(HG_OK, hg_dominated(tree, below, 0, graph->nodes, nodes, &found, &total));
    else CHECK_EQUAL(HG_OK, hg_top(graph, tree, &column, 0, graph->nodes, nodes, &found, &total));

    struct hg_group_query query = {
        .by = by, .below = below, .outermost = true, .limit = UINT32_MAX};
    if (below == HG_NO_NODE) query.through = &column;
    struct hg_groups groups = ask(graph, tree, &query);
    uint64_t objects = 0;
    for (size_t k = 0; k < groups.count; k++) {
        const struct hg_group *group = &groups.items[k];
        uint64_t count = 0, bytes = 0, retained = 0;
        for (uint32_t i = 0; i < found; i++) {
            if (nodes[i] >= graph->objects || !belongs(graph, by, group, nodes[i])) continue;
            count++;
            bytes += hg_memsize(graph, nodes[i]);
            retained += hg_retained(tree, nodes[i]);
        }
        CHECK_EQUAL(count, group->count);
        CHECK_EQUAL(bytes, group->bytes);
        CHECK_EQUAL(retained, group->retained);
        CHECK_EQUAL(0, group->unreachable);
        objects += count;
    }
    for (uint32_t i = 0; i < found; i++) objects -= nodes[i] < graph->objects;
    CHECK_EQUAL(0, objects);
    query.limit = 1;
    struct hg_groups first = ask(graph, tree, &query);
    uint64_t retained = 0;
    for (size_t k = 1; k < groups.count; k++) retained += groups.items[k].retained;
    CHECK_EQUAL(retained, first.rest.retained);
    hg_groups_free(&first);
    hg_groups_free(&groups);
    free(through);
    free(nodes);
}

/*
 * Each node has the kind of its key, no two kinds are the same, and groups of kinds are those that
 * are counted.
 */
static void
check_kinds(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_kinds *kinds,
            uint32_t limit) {
    for (uint32_t at = 0; at < tree->reached; at++) {
        uint32_t kind = hg_kind_at(kinds, at);
        CHECK(kind < kinds->count);
        CHECK_EQUAL(hg_class_key(graph, hg_tree_node(tree, at)), kinds->kind[kind].key);
    }
    for (uint32_t i = 0; i < kinds->count; i++)
        for (uint32_t k = 0; k < i; k++) CHECK(kinds->kind[i].key != kinds->kind[k].key);
    struct hg_group_query query = {.by = HG_BY_CLASS, .below = HG_NO_NODE, .limit = limit};
    for (int sort = 0; sort < HG_GROUP_SORTS; sort++) {
        query.sort = (enum hg_group_sort)sort;
        query.kinds = NULL;
        struct hg_groups counted = ask(graph, tree, &query);
        query.kinds = kinds;
        struct hg_groups known = ask(graph, tree, &query);
        CHECK_EQUAL(counted.total, known.total);
        CHECK_EQUAL(counted.count, known.count);
        for (size_t i = 0; i < counted.count; i++) {
            const struct hg_group *a = &counted.items[i], *b = &known.items[i];
            CHECK_EQUAL(a->key, b->key);
            CHECK_EQUAL(a->label, b->label);
            CHECK_EQUAL(a->type, b->type);
            CHECK_EQUAL(a->largest, b->largest);
            CHECK_EQUAL(a->count, b->count);
            CHECK_EQUAL(a->bytes, b->bytes);
            CHECK_EQUAL(a->retained, b->retained);
            CHECK_EQUAL(a->unreachable, b->unreachable);
            CHECK_EQUAL(a->unreachable_bytes, b->unreachable_bytes);
            CHECK_EQUAL(a->old, b->old);
        }
        CHECK_EQUAL(counted.rest.bytes, known.rest.bytes);
        hg_groups_free(&counted);
        hg_groups_free(&known);
    }
}

/* More groups than the first table has room for. */
static void
test_many(void) {
    struct builder builder;
    build_begin(&builder, 5000, 1);
    for (uint32_t node = 0; node < 5000; node++) builder.location[node] = node / 2 * 7919;
    const struct hg_graph *graph = build_finish(&builder);
    struct hg_group_query query = {.by = HG_BY_LOCATION, .below = HG_NO_NODE, .limit = UINT32_MAX};
    struct hg_groups groups = ask(graph, NULL, &query);
    CHECK_EQUAL(2500, groups.count);
    for (size_t i = 0; i < groups.count; i++) {
        CHECK_EQUAL(2, groups.items[i].count);
        CHECK_EQUAL(80, groups.items[i].bytes);
        CHECK_EQUAL(i * 7919, groups.items[i].key);
    }
    hg_groups_free(&groups);
    build_free(&builder);
}

int
main(void) {
    for (check_seed = 1; check_seed <= 1000; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        struct hg_tree tree;
        struct hg_kinds kinds;
        const struct hg_graph *graph = build_random(&builder, (enum shape)(check_seed % SHAPES),
                                                    random_below(&random, 60), &random);
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        CHECK_EQUAL(HG_OK, hg_kinds_build(graph, &tree, &task, &kinds));
        check_kinds(graph, &tree, &kinds, random_below(&random, 9));
        check_kinds(graph, &tree, &kinds, UINT32_MAX);
        for (int by = HG_BY_CLASS; by <= HG_BY_GENERATION; by++) {
            uint32_t below = random_below(&random, graph->nodes);
            check_groups(graph, &tree, NULL, (enum hg_group_by)by, HG_NO_NODE);
            check_groups(graph, &tree, &kinds, (enum hg_group_by)by, HG_NO_NODE);
            check_groups(graph, &tree, &kinds, (enum hg_group_by)by, below);
            check_groups(graph, NULL, NULL, (enum hg_group_by)by, HG_NO_NODE);
            check_orders(graph, &tree, (enum hg_group_by)by, random_below(&random, 6));
            check_outermost(graph, &tree, (enum hg_group_by)by, HG_NO_NODE, &random);
            if (below < graph->objects)
                check_outermost(graph, &tree, (enum hg_group_by)by, below, &random);
        }
        hg_kinds_free(&kinds);
        hg_tree_free(&tree);
        build_free(&builder);
    }
    test_many();
    return 0;
}
