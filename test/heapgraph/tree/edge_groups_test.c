/*
 * References in groups, each edge of the whole graph looked at again for each node.
 */
#include "tree/edge_groups.h"

#include <string.h>

#include "../builder.h"

static struct hg_task task;

enum { MOST = 4000 };

/* What belongs together, and what there is of it. */
struct expected {
    enum hg_edge_kind kind;
    uint32_t payload, class, label, type;
    uint32_t example, objects;
    uint64_t references;
};

struct list {
    struct expected items[MOST];
    uint32_t count;
    uint64_t references;
    uint8_t *seen; /* by group and node */
};

static struct list list;

static bool
is_element(enum hg_edge_kind kind) {
    return kind == HG_E_INDEX || kind == HG_E_KEY || kind == HG_E_VALUE || kind == HG_E_VALUE_AT ||
           kind == HG_E_VALUE_INT;
}

/* Counts an edge with this name, at whose other end `node` is. */
static void
expect(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t node, uint32_t name) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    uint8_t type = hg_type(graph, node);
    struct expected one = {
        kind, hg_edge_payload(name), hg_real_class(graph, node), 0, type, node, 0, 0};
    if (is_element(kind)) one.payload = HG_PAYLOAD_NONE;
    if (kind == HG_E_VALUE || kind == HG_E_VALUE_INT) one.kind = HG_E_VALUE_AT;
    one.label = type == HG_T_DATA || type == HG_T_IMEMO || type == HG_T_ROOT ? hg_label(graph, node)
                                                                             : HG_NO_STRING;
    if (one.class != HG_NO_NODE) one.label = one.type = 0;

    uint32_t at = 0;
    for (; at < list.count; at++) {
        const struct expected *other = &list.items[at];
        if (other->kind == one.kind && other->payload == one.payload && other->class == one.class &&
            other->label == one.label && other->type == one.type)
            break;
    }
    CHECK(at < MOST);
    if (at == list.count) list.items[list.count++] = one;
    struct expected *group = &list.items[at];
    uint8_t *seen = &list.seen[(size_t)at * graph->nodes + node];
    group->references++;
    list.references++;
    group->objects += !*seen;
    *seen = 1;
    uint64_t size = hg_retained(tree, node), most = hg_retained(tree, group->example);
    if (size > most || (size == most && node < group->example)) group->example = node;
}

/* The groups with most references come first, the others in the order in which they were met. */
static void
sort(void) {
    for (uint32_t i = 1; i < list.count; i++) {
        struct expected one = list.items[i];
        uint32_t at = i;
        for (; at && list.items[at - 1].references < one.references; at--)
            list.items[at] = list.items[at - 1];
        list.items[at] = one;
    }
}

static void
check(const struct hg_edge_groups *groups, uint32_t limit, bool objects) {
    sort();
    CHECK_EQUAL(list.count, groups->groups);
    CHECK_EQUAL(list.references, groups->references);
    CHECK_EQUAL(list.count < limit ? list.count : limit, groups->count);
    for (size_t i = 0; i < groups->count; i++) {
        const struct expected *expected = &list.items[i];
        const struct hg_edge_group *group = &groups->items[i];
        CHECK_EQUAL(expected->kind, hg_edge_kind(group->name));
        CHECK_EQUAL(expected->payload, hg_edge_payload(group->name));
        CHECK_EQUAL(expected->references, group->references);
        CHECK_EQUAL(expected->example, group->example);
        CHECK_EQUAL(objects ? expected->objects : 0, group->objects);
    }
}

static void
begin(const struct hg_graph *graph) {
    list.count = 0;
    list.references = 0;
    memset(list.seen, 0, (size_t)MOST * graph->nodes);
}

static void
check_node(const struct hg_graph *graph, const struct hg_tree *tree,
           const struct hg_inverse *inverse, const struct hg_kinds *kinds, uint32_t node,
           uint32_t limit) {
    struct hg_edge_groups groups;
    uint32_t of_class = hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE);
    begin(graph);
    for (uint32_t from = 0; from < graph->nodes; from++)
        if (hg_class(graph, from) == node) expect(graph, tree, from, of_class);
    for (uint32_t from = 0; from < graph->nodes; from++)
        for (uint32_t edge = hg_first(graph, from); edge < hg_first(graph, from + 1); edge++)
            if (hg_target(graph, edge) == node) expect(graph, tree, from, hg_name(graph, edge));
    CHECK_EQUAL(HG_OK,
                hg_group_referrers(graph, tree, inverse, kinds, node, limit, &task, &groups));
    check(&groups, limit, true);
    hg_edge_groups_free(&groups);

    begin(graph);
    if (hg_class(graph, node) != HG_NO_NODE) expect(graph, tree, hg_class(graph, node), of_class);
    for (uint32_t edge = hg_first(graph, node); edge < hg_first(graph, node + 1); edge++)
        expect(graph, tree, hg_target(graph, edge), hg_name(graph, edge));
    CHECK_EQUAL(HG_OK, hg_group_references(graph, tree, node, limit, &task, &groups));
    check(&groups, limit, false);
    hg_edge_groups_free(&groups);
}

static void
check_graph(const struct hg_graph *graph, struct random *random) {
    struct hg_tree tree;
    struct hg_inverse inverse;
    struct hg_kinds kinds;
    list.seen = malloc((size_t)MOST * graph->nodes);
    CHECK(list.seen);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    CHECK_EQUAL(HG_OK, hg_kinds_build(graph, &tree, &task, &kinds));
    for (uint32_t node = 0; node < graph->nodes; node++) {
        uint32_t limit = random_chance(random, 50) ? UINT32_MAX : random_below(random, 5);
        check_node(graph, &tree, &inverse, random_chance(random, 80) ? &kinds : NULL, node, limit);
    }
    hg_kinds_free(&kinds);
    hg_inverse_free(&inverse);
    hg_tree_free(&tree);
    free(list.seen);
}

/* One object with so many references, all by different names or all elements, and its class. */
static void
check_hub(uint32_t references, bool elements, uint64_t expected) {
    struct builder builder;
    struct hg_tree tree;
    struct hg_inverse inverse;
    struct hg_edge_groups groups;
    build_begin(&builder, references + 1, 1);
    build_reference(&builder, build_root(&builder, 0), 0);
    for (uint32_t i = 0; i < references; i++) {
        enum hg_edge_kind kind = elements ? HG_E_INDEX : HG_E_CONSTANT;
        build_edge(&builder, 0, i + 1, hg_edge_name(kind, i));
        build_edge(&builder, i + 1, 0, hg_edge_name(kind, i));
        builder.class_node[i + 1] = 0;
    }
    const struct hg_graph *graph = build_finish(&builder);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    CHECK_EQUAL(HG_OK, hg_group_references(graph, &tree, 0, 3, &task, &groups));
    CHECK_EQUAL(expected, groups.groups);
    CHECK_EQUAL(references, groups.references);
    CHECK_EQUAL(expected < 3 ? expected : 3, groups.count);
    hg_edge_groups_free(&groups);
    CHECK_EQUAL(HG_OK, hg_group_referrers(graph, &tree, &inverse, NULL, 0, 3, &task, &groups));
    CHECK_EQUAL(2 * (uint64_t)references + 1, groups.references);
    // the instances, the reference of the root, and the others
    CHECK_EQUAL(references, groups.items[0].references);
    if (elements) CHECK_EQUAL(3, groups.groups);
    else CHECK_EQUAL(HG_E_CLASS, hg_edge_kind(groups.items[0].name));
    hg_edge_groups_free(&groups);
    hg_inverse_free(&inverse);
    hg_tree_free(&tree);
    build_free(&builder);
}

int
main(void) {
    for (check_seed = 1; check_seed <= 700; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        check_graph(build_random(&builder, (enum shape)(check_seed % SHAPES),
                                 random_below(&random, 40), &random),
                    &random);
        build_free(&builder);
    }
    check_hub(5000, true, 1);
    check_hub(5000, false, 5000);
    check_hub(HG_MOST_EDGE_GROUPS + 100, true, 1);
    check_hub(HG_MOST_EDGE_GROUPS + 100, false, HG_MOST_EDGE_GROUPS);
    return 0;
}
