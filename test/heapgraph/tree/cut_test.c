/*
 * What one reference holds, against the graph without that reference.
 */
#include "tree/cut.h"

#include "../builder.h"
#include "../deletion.h"

static struct hg_task task;

enum { MOST = 60 };

struct freed {
    uint64_t bytes, objects;
};

/* What is live now and would not be, where `kept` is what is live without the reference. */
static struct freed
compare(const struct hg_graph *graph, const struct hg_tree *tree, const uint8_t *kept) {
    struct freed freed = {0, 0};
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (!hg_is_reachable(tree, node) || kept[node]) continue;
        freed.bytes += hg_memsize(graph, node);
        freed.objects++;
    }
    return freed;
}

/* Takes one reference away: a weak edge holds nothing. */
static struct freed
without_edge(struct builder *builder, const struct hg_tree *tree, uint32_t from, uint32_t to) {
    const struct hg_graph *graph = &builder->graph;
    uint32_t stack[MOST + 8], class = hg_class(graph, from);
    uint8_t kept[MOST + 8];
    uint32_t edge = hg_first(graph, from), end = hg_first(graph, from + 1);
    if (class == to) builder->class_node[from] = HG_NO_NODE;
    else
        while (edge < end && (hg_target(graph, edge) != to || !hg_edge_holds(hg_name(graph, edge))))
            edge++;
    uint32_t name = edge < end ? hg_name(graph, edge) : 0;
    bool weakened = class != to && edge < end;
    if (weakened) builder->name[edge] = hg_edge_name(HG_E_WEAK, HG_PAYLOAD_NONE);
    mark_without(graph, HG_NO_NODE, kept, stack);
    if (weakened) builder->name[edge] = name;
    builder->class_node[from] = class;
    return compare(graph, tree, kept);
}

static uint32_t
references(const struct hg_graph *graph, uint32_t from, uint32_t to, bool holding) {
    uint32_t count = hg_class(graph, from) == to;
    for (uint32_t edge = hg_first(graph, from); edge < hg_first(graph, from + 1); edge++)
        count += hg_target(graph, edge) == to && (!holding || hg_edge_holds(hg_name(graph, edge)));
    return count;
}

/* The edge that still holds is there, comes from what is live, and is not the one that is cut. */
static void
check_other(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t from, uint32_t to,
            struct hg_referrer other) {
    uint32_t same = 0;
    for (uint32_t edge = hg_first(graph, other.node); edge < hg_first(graph, other.node + 1);
         edge++)
        same += hg_target(graph, edge) == to && hg_name(graph, edge) == other.name;
    if (hg_edge_kind(other.name) == HG_E_CLASS) same += hg_class(graph, other.node) == to;
    CHECK(same > 0);
    CHECK(hg_edge_holds(other.name));
    CHECK(hg_is_reachable(tree, other.node) && !hg_dominates(tree, to, other.node));
    if (other.node == from) CHECK(references(graph, from, to, true) > 1);
}

static void
check_cut(struct builder *builder, const struct hg_tree *tree, const struct hg_inverse *inverse,
          uint32_t from, uint32_t to) {
    const struct hg_graph *graph = &builder->graph;
    struct hg_cut cut;
    CHECK_EQUAL(HG_OK, hg_cut(graph, tree, inverse, from, to, &task, &cut));
    CHECK_EQUAL(references(graph, from, to, false), cut.references);
    struct freed freed = without_edge(builder, tree, from, to);
    CHECK_EQUAL(freed.objects, cut.objects);
    CHECK_EQUAL(freed.bytes, cut.bytes);
    if (cut.other.node != HG_NO_NODE) check_other(graph, tree, from, to, cut.other);
    bool live = hg_is_reachable(tree, to), frees = cut.objects || !live;
    if (to < graph->objects) CHECK_EQUAL(!frees, cut.other.node != HG_NO_NODE);
}

static void
check_graph(struct builder *builder) {
    const struct hg_graph *graph = &builder->graph;
    struct hg_tree tree;
    struct hg_inverse inverse;
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    for (uint32_t from = 0; from < graph->nodes; from++)
        for (uint32_t to = 0; to < graph->nodes; to++)
            if (references(graph, from, to, false) || (from + to) % 7 == 0)
                check_cut(builder, &tree, &inverse, from, to);
    hg_inverse_free(&inverse);
    hg_tree_free(&tree);
}

int
main(void) {
    for (check_seed = 1; check_seed <= 1500; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        build_random(&builder, (enum shape)(check_seed % SHAPES), random_below(&random, MOST / 2),
                     &random);
        check_graph(&builder);
        build_free(&builder);
    }
    return 0;
}
