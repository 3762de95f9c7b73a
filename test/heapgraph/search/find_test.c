/*
 * Objects that match, in pages, against a list of all that is sorted by its definition.
 */
#include "search/find.h"

#include <string.h>

#include "../builder.h"
#include "base/progress.h"
#include "search/kin.h"

static struct hg_task task;

/* The objects that match, in the order that is asked for. */
struct expected {
    uint32_t *nodes;
    uint32_t count;
    uint64_t bytes;
};

static bool
contains(const uint32_t *nodes, size_t count, uint32_t node) {
    for (size_t i = 0; i < count; i++)
        if (nodes[i] == node) return true;
    return false;
}

/* -- conditions, each by its definition -- */

static bool
in_set(const struct hg_condition *condition, uint32_t node) {
    return contains(condition->nodes, condition->count, node);
}

/* The first target of a field of that name, or HG_NO_NODE. */
static uint32_t
field(const struct hg_graph *graph, uint32_t node, uint32_t string) {
    for (uint32_t edge = hg_first(graph, node); edge < hg_first(graph, node + 1); edge++)
        if (hg_name(graph, edge) == hg_edge_name(HG_E_FIELD, string)) return hg_target(graph, edge);
    return HG_NO_NODE;
}

static bool
is_kind_of(const struct hg_graph *graph, const struct hg_condition *condition, uint32_t node) {
    uint32_t at = hg_class(graph, node);
    if (at != HG_NO_NODE && in_set(condition, at)) return true;
    for (uint32_t steps = 0; steps <= graph->objects && at != HG_NO_NODE; steps++) {
        uint8_t type = hg_type(graph, at);
        if (type != HG_T_CLASS && type != HG_T_ICLASS) return false;
        if (in_set(condition, at)) return true;
        uint32_t module = type == HG_T_ICLASS ? field(graph, at, STRING_MODULE) : HG_NO_NODE;
        if (module != HG_NO_NODE && hg_type(graph, module) == HG_T_MODULE &&
            in_set(condition, module))
            return true;
        at = field(graph, at, STRING_SUPERCLASS);
    }
    return false;
}

static bool
refers(const struct hg_graph *graph, uint32_t from, uint32_t to) {
    for (uint32_t edge = hg_first(graph, from); edge < hg_first(graph, from + 1); edge++)
        if (hg_target(graph, edge) == to && hg_edge_holds(hg_name(graph, edge))) return true;
    return false;
}

static bool
is_inner(const struct hg_graph *graph, uint32_t node) {
    bool fields = hg_type(graph, node) == HG_T_IMEMO && hg_label(graph, node) == STRING_FIELDS;
    return fields || (hg_type(graph, node) == HG_T_ARRAY && hg_class(graph, node) == HG_NO_NODE);
}

/* Directly, or through one table that no program sees; such a table itself is asked as it is. */
static bool
holds(const struct hg_graph *graph, uint32_t from, uint32_t to, bool through) {
    if (refers(graph, from, to)) return true;
    for (uint32_t inner = 0; through && inner < graph->objects; inner++)
        if (is_inner(graph, inner) && refers(graph, from, inner) && refers(graph, inner, to))
            return true;
    return false;
}

static bool
is_relative(const struct hg_graph *graph, const struct hg_condition *condition, uint32_t node) {
    enum hg_subject subject = condition->subject;
    for (uint32_t other = 0; other < graph->nodes; other++) {
        bool instances = subject == HG_IF_HELD_BY_INSTANCE || subject == HG_IF_HOLDS_INSTANCE;
        uint32_t class = other < graph->objects ? hg_real_class(graph, other) : HG_NO_NODE;
        bool meant = instances ? class != HG_NO_NODE && in_set(condition, class)
                               : in_set(condition, other);
        if (!meant) continue;
        bool held = subject == HG_IF_HELD_BY || subject == HG_IF_HELD_BY_INSTANCE;
        if (held && holds(graph, other, node, true)) return true;
        if (!held && holds(graph, node, other, !is_inner(graph, node))) return true;
    }
    return false;
}

static bool
compares(enum hg_relation relation, uint64_t number, uint64_t value) {
    bool less = number < value, same = number == value;
    return relation == HG_LESS       ? less
           : relation == HG_AT_MOST  ? less || same
           : relation == HG_GREATER  ? !less && !same
           : relation == HG_AT_LEAST ? !less
           : relation == HG_EQUAL    ? same
                                     : !same;
}

static bool
meets(const struct hg_graph *graph, const struct hg_tree *tree,
      const struct hg_condition *condition, uint32_t node) {
    uint32_t class = hg_real_class(graph, node);
    uint64_t value = condition->value;
    bool is = false;
    switch (condition->subject) {
    case HG_IF_SIZE:
        return compares(condition->relation, hg_memsize(graph, node), value);
    case HG_IF_RETAINED:
        return compares(condition->relation, hg_retained(tree, node), value);
    case HG_IF_OBJECTS:
        return compares(condition->relation, hg_retained_nodes(tree, node), value);
    case HG_IF_FLAG:
        for (int bit = 0; bit < 8; bit++)
            is = is || (value / (1u << bit) % 2 && hg_flags(graph, node) / (1u << bit) % 2);
        break;
    case HG_IF_TYPE:
        is = (value & UINT64_C(1) << hg_type(graph, node)) != 0;
        break;
    case HG_IF_CLASS:
        is = class != HG_NO_NODE && in_set(condition, class);
        break;
    case HG_IF_KIND_OF:
        is = is_kind_of(graph, condition, node);
        break;
    default:
        is = is_relative(graph, condition, node);
    }
    return condition->relation == HG_EQUAL ? is : !is;
}

/* -- what is found -- */

static bool
wanted(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_filter *filter,
       uint32_t node) {
    bool type = filter->type == HG_ANY_TYPE || filter->type == hg_type(graph, node);
    bool live = !filter->reachable || hg_position(tree, node) != HG_NO_NODE;
    bool class = !filter->classes ||
                 contains(filter->classes, filter->class_count, hg_real_class(graph, node));
    bool among = !filter->nodes || contains(filter->nodes, filter->node_count, node);
    bool all = true;
    for (size_t i = 0; i < filter->condition_count; i++)
        all = all && meets(graph, tree, &filter->conditions[i], node);
    return type && live && class && among && all && hg_memsize(graph, node) >= filter->least_bytes;
}

static uint64_t
references_to(const struct hg_graph *graph, uint32_t node) {
    uint64_t count = 0;
    for (uint64_t edge = 0; edge < graph->edges; edge++)
        count += hg_target(graph, edge) == node && hg_edge_holds(hg_name(graph, edge));
    return count;
}

/* Whether one object comes before another. */
static bool
precedes(const struct hg_graph *graph, const struct hg_tree *tree, enum hg_sort sort, uint32_t a,
         uint32_t b) {
    uint64_t of_a = hg_memsize(graph, a), of_b = hg_memsize(graph, b);
    bool live_a = hg_position(tree, a) != HG_NO_NODE, live_b = hg_position(tree, b) != HG_NO_NODE;
    switch (sort) {
    case HG_SORT_RETAINED:
        if (live_a != live_b) return live_a;
        if (live_a) of_a = hg_retained(tree, a), of_b = hg_retained(tree, b);
        break;
    case HG_SORT_REFERRERS:
        of_a = references_to(graph, a), of_b = references_to(graph, b);
        break;
    case HG_SORT_ADDRESS:
        of_a = of_b;
        break;
    default:
        break;
    }
    return of_a != of_b ? of_a > of_b : a < b;
}

static struct expected
expect(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_filter *filter,
       enum hg_sort sort) {
    struct expected all = {calloc(graph->nodes, sizeof(*all.nodes)), 0, 0};
    CHECK(all.nodes);
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (!wanted(graph, tree, filter, node)) continue;
        uint32_t at = all.count++;
        for (; at && precedes(graph, tree, sort, node, all.nodes[at - 1]); at--)
            all.nodes[at] = all.nodes[at - 1];
        all.nodes[at] = node;
        all.bytes += hg_memsize(graph, node);
    }
    return all;
}

/* All pages of one size together are everything, and each object is on one of them. */
static void
check_pages(const struct hg_graph *graph, const struct hg_tree *tree,
            const struct hg_filter *filter, enum hg_sort sort, uint32_t size) {
    struct expected all = expect(graph, tree, filter, sort);
    for (uint32_t offset = 0; offset <= all.count; offset += size) {
        struct hg_listing listing = {sort, offset, size};
        struct hg_numbers nodes = {0};
        struct hg_found found;
        uint32_t left = all.count - offset;
        CHECK_EQUAL(HG_OK, hg_find(graph, tree, filter, &listing, &task, &nodes, &found));
        CHECK_EQUAL(all.count, found.objects);
        CHECK_EQUAL(all.bytes, found.bytes);
        CHECK_EQUAL(left < size ? left : size, nodes.count);
        for (size_t i = 0; i < nodes.count; i++) CHECK_EQUAL(all.nodes[offset + i], nodes.items[i]);
        hg_numbers_free(&nodes);
    }
    free(all.nodes);
}

/* The k-th of a sample is that before which k × all / limit have matched. */
static void
check_sample(const struct hg_graph *graph, const struct hg_tree *tree,
             const struct hg_filter *filter, uint32_t limit) {
    struct expected all = expect(graph, tree, filter, HG_SORT_ADDRESS);
    struct hg_numbers nodes = {0};
    struct hg_found found;
    CHECK_EQUAL(HG_OK, hg_sample(graph, tree, filter, limit, &task, &nodes, &found));
    CHECK_EQUAL(all.count, found.objects);
    CHECK_EQUAL(all.count < limit ? all.count : limit, nodes.count);
    for (uint64_t k = 0; k < nodes.count; k++) {
        uint64_t at = all.count <= limit ? k : k * all.count / limit;
        CHECK_EQUAL(all.nodes[at], nodes.items[k]);
    }
    hg_numbers_free(&nodes);
    free(all.nodes);
}

/* Random conditions; the lists have room for three classes and all nodes. */
static struct hg_filter
random_filter(const struct hg_graph *graph, uint32_t *classes, uint32_t *nodes,
              struct random *random) {
    struct hg_filter filter = {.type = HG_ANY_TYPE, .reachable = random_chance(random, 30)};
    if (random_chance(random, 20)) filter.type = hg_type(graph, random_below(random, graph->nodes));
    if (random_chance(random, 30)) filter.least_bytes = 20 * random_below(random, 6);
    if (random_chance(random, 40)) {
        filter.classes = classes;
        filter.class_count = random_below(random, 4);
        for (size_t i = 0; i < filter.class_count; i++)
            classes[i] = random_below(random, graph->nodes);
    }
    if (random_chance(random, 30)) {
        filter.nodes = nodes; // roots among them never match
        for (uint32_t node = 0; node < graph->nodes; node++)
            if (random_chance(random, 50)) nodes[filter.node_count++] = node;
    }
    return filter;
}

/* Classes with ancestors, and tables that no program sees. */
static void
dress(struct builder *builder, struct random *random) {
    static const uint8_t types[] = {HG_T_CLASS, HG_T_ICLASS, HG_T_MODULE, HG_T_ARRAY, HG_T_IMEMO};
    struct hg_graph *graph = &builder->graph;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (random_chance(random, 50)) builder->type[node] = types[random_below(random, 5)];
        if (hg_type(graph, node) == HG_T_IMEMO)
            builder->label[node] = random_chance(random, 50) ? STRING_FIELDS : STRING_IMEMO;
        for (uint32_t edge = hg_first(graph, node); edge < hg_first(graph, node + 1); edge++) {
            uint32_t string = random_chance(random, 60) ? STRING_SUPERCLASS : STRING_MODULE;
            if (random_chance(random, 60)) builder->name[edge] = hg_edge_name(HG_E_FIELD, string);
        }
    }
}

static void
random_condition(const struct hg_graph *graph, struct hg_condition *condition, uint32_t *set,
                 struct random *random) {
    *condition = (struct hg_condition){.nodes = set, .count = random_below(random, 4)};
    condition->subject = (enum hg_subject)random_below(random, HG_SUBJECTS);
    bool numbers = condition->subject >= HG_IF_SIZE;
    condition->relation = (enum hg_relation)random_below(random, numbers ? HG_RELATIONS : 2);
    condition->value = condition->subject == HG_IF_TYPE ? random_next(random)
                                                        : 20 * random_below(random, 8);
    for (size_t i = 0; i < condition->count; i++) set[i] = random_below(random, graph->nodes);
}

static void
check_conditions(const struct hg_graph *graph, const struct hg_tree *tree, struct random *random) {
    enum { MOST = 3 };
    struct hg_condition conditions[MOST];
    uint32_t sets[MOST][4];
    struct hg_filter filter = {.type = HG_ANY_TYPE, .conditions = conditions};
    filter.condition_count = 1 + random_below(random, MOST);
    for (size_t i = 0; i < filter.condition_count; i++)
        random_condition(graph, &conditions[i], sets[i], random);
    CHECK_EQUAL(HG_OK, hg_conditions_prepare(graph, conditions, filter.condition_count, &task));
    check_pages(graph, tree, &filter, HG_SORT_RETAINED, 1 + random_below(random, 40));
    hg_conditions_release(conditions, filter.condition_count);
}

/* Those to which most edges lead, found one after the other. */
static void
check_referred(const struct hg_graph *graph, struct random *random) {
    struct hg_inverse inverse;
    struct hg_numbers nodes[2] = {{0}, {0}};
    uint32_t *counts = calloc(graph->nodes, sizeof(*counts)), limit = random_below(random, 60);
    bool program = random_chance(random, 50);
    CHECK(counts);
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    for (int i = 0; i < 2; i++)
        CHECK_EQUAL(HG_OK,
                    hg_most_referred(graph, i ? &inverse : NULL, program, limit, &task, &nodes[i]));
    for (uint32_t edge = 0; edge < graph->edges; edge++)
        counts[hg_target(graph, edge)] += hg_edge_holds(hg_name(graph, edge));
    for (uint32_t i = 0, best; i < limit; i++, counts[best] = 0) {
        best = HG_NO_NODE;
        for (uint32_t node = 0; node < graph->objects; node++) {
            if (!counts[node] || (program && hg_kin(graph, node) != HG_KIN_PROGRAM)) continue;
            if (best == HG_NO_NODE || counts[node] > counts[best]) best = node;
        }
        size_t at = 2 * (size_t)i;
        if (best == HG_NO_NODE) {
            CHECK_EQUAL(at, nodes[0].count);
            break;
        }
        for (int k = 0; k < 2; k++) {
            CHECK(at < nodes[k].count);
            CHECK_EQUAL(best, nodes[k].items[at]);
            CHECK_EQUAL(counts[best], nodes[k].items[at + 1]);
        }
    }
    CHECK_EQUAL(nodes[0].count, nodes[1].count);
    CHECK(nodes[0].count <= 2 * (size_t)limit);
    for (int i = 0; i < 2; i++) hg_numbers_free(&nodes[i]);
    hg_inverse_free(&inverse);
    free(counts);
}

static void
check_knows(const struct hg_graph *graph) {
    bool knows = false;
    for (uint32_t node = 0; node < graph->objects; node++)
        if (hg_type(graph, node) == HG_T_CLASS || hg_type(graph, node) == HG_T_ICLASS)
            knows = knows || field(graph, node, STRING_SUPERCLASS) != HG_NO_NODE;
    CHECK_EQUAL(knows, hg_knows_superclasses(graph));
}

/* Each kind has the types of its objects, and no other. */
static void
check_types(const struct hg_graph *graph, const struct hg_tree *tree,
            const struct hg_kinds *kinds) {
    uint32_t *types = calloc(kinds->count + 1, sizeof(*types));
    CHECK(types);
    for (uint32_t node = 0; node < graph->objects; node++) {
        uint32_t at = hg_position(tree, node);
        if (at != HG_NO_NODE) types[hg_kind_at(kinds, at)] |= 1u << hg_type(graph, node);
    }
    for (uint32_t i = 0; i < kinds->count; i++) {
        CHECK_EQUAL(types[i], types[i] & kinds->kind[i].types);
        if (!kinds->kind[i].sums.unreachable) CHECK_EQUAL(types[i], kinds->kind[i].types);
    }
    free(types);
}

static void
check_graph(struct builder *builder, struct random *random) {
    const struct hg_graph *graph = &builder->graph;
    struct hg_tree tree;
    struct hg_kinds kinds;
    uint32_t classes[3], *nodes = calloc(graph->nodes, sizeof(*nodes));
    CHECK(nodes);
    if (random_chance(random, 70)) dress(builder, random);
    check_knows(graph);
    check_referred(graph, random);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_kinds_build(graph, &tree, &task, &kinds));
    check_types(graph, &tree, &kinds);
    for (int i = 0; i < 4; i++) {
        struct hg_filter filter = random_filter(graph, classes, nodes, random);
        for (int sort = 0; sort < HG_SORTS; sort++)
            check_pages(graph, &tree, &filter, (enum hg_sort)sort, 1 + random_below(random, 40));
        filter.kinds = &kinds;
        if (random_chance(random, 60)) filter.least_bytes = filter.node_count = 0;
        if (!filter.node_count) filter.nodes = NULL;
        for (int sort = 0; sort < HG_SORTS; sort++)
            check_pages(graph, &tree, &filter, (enum hg_sort)sort, 1 + random_below(random, 40));
        check_sample(graph, &tree, &filter, random_below(random, 20));
    }
    for (int i = 0; i < 20; i++) check_conditions(graph, &tree, random);
    hg_kinds_free(&kinds);
    hg_tree_free(&tree);
    free(nodes);
}

/* More than there is, and nothing of it. */
static void
test_ends(void) {
    struct random random = {1};
    struct builder builder;
    struct hg_tree tree;
    struct hg_filter filter = {.type = HG_ANY_TYPE};
    const struct hg_graph *graph = build_random(&builder, SHAPE_HEAP, 3000, &random);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    for (int sort = 0; sort < HG_SORTS; sort++) {
        static const uint32_t parts[][3] = {
            {0, UINT32_MAX, 3000}, {UINT32_MAX, UINT32_MAX, 0}, {2999, 5, 1}, {0, 0, 0}, {10, 0, 0},
        };
        for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
            struct hg_listing listing = {(enum hg_sort)sort, parts[i][0], parts[i][1]};
            struct hg_numbers nodes = {0};
            struct hg_found found;
            CHECK_EQUAL(HG_OK, hg_find(graph, &tree, &filter, &listing, &task, &nodes, &found));
            CHECK_EQUAL(parts[i][2], nodes.count);
            CHECK_EQUAL(3000, found.objects);
            hg_numbers_free(&nodes);
        }
    }
    hg_tree_free(&tree);
    build_free(&builder);
}

/* Where blocks are small, a few larger graphs, which have several: see test_algorithms.rb. */
enum { SMALL_BLOCKS = HG_STRIDE < 100, LARGEST = SMALL_BLOCKS ? 180 : 50 };

int
main(void) {
    for (check_seed = 1; check_seed <= (SMALL_BLOCKS ? 35 : 500); check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        build_random(&builder, (enum shape)(check_seed % SHAPES), random_below(&random, LARGEST),
                     &random);
        check_graph(&builder, &random);
        build_free(&builder);
    }
    test_ends();
    return 0;
}
