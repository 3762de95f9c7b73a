/*
 * Merged paths against the path of each member, written out step by step and folded by its rule.
 */
#include "growth/merged_paths.h"

#include <string.h>

#include "paths/former.h"

#include "../builder.h"

static struct hg_task task;

enum { MOST = 100, STEPS = 4 * MOST, BRANCHES = MOST * MOST };

/* A step as what it has in common with other steps that are the same. */
struct step {
    uint32_t kind, text, class;
    bool named;
};

/* The steps to a member. */
struct path {
    struct step steps[STEPS];
    uint32_t length, member;
};

/* Everything that one test works with. */
static const struct hg_graph *graph;
static struct hg_tree tree;
static struct hg_parents parents;
static struct path path[MOST];
static uint32_t members;

/* -- one path -- */

static bool
same(const struct step *a, const struct step *b) {
    return a->kind == b->kind && a->text == b->text && a->class == b->class;
}

/* Names that differ in digits are one: see builder.h. */
static uint32_t
text_of(uint32_t string) {
    if (string == HG_NO_STRING || string == HG_PAYLOAD_NONE) return 1000;
    return string < STRINGS ? string : 100 + string % 64 / 2;
}

/* What the class of a node is in a step. */
static uint32_t
class_of(uint32_t node) {
    uint32_t type = hg_type(graph, node), label = text_of(hg_label(graph, node));
    bool module = type == HG_T_CLASS || type == HG_T_MODULE;
    if (module) return type * 2 + !!(hg_flags(graph, node) & HG_N_SINGLETON);
    if (type == HG_T_IMEMO || type == HG_T_ROOT) return 10000 * type + label;
    if (type == HG_T_MISSING || type == HG_T_ICLASS || hg_class(graph, node) == HG_NO_NODE)
        return type * 2;
    uint32_t class = hg_real_class(graph, node);
    uint32_t name = class == HG_NO_NODE ? 1000 : text_of(hg_label(graph, class));
    return 1000000 + name * 100 + (type == HG_T_DATA ? type : 0);
}

static struct step
step_to(uint32_t node, uint32_t name) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    bool text = kind == HG_E_FIELD || kind == HG_E_IVAR || kind == HG_E_MEMBER ||
                kind == HG_E_CONSTANT || kind == HG_E_CVAR || kind == HG_E_METHOD ||
                kind == HG_E_GLOBAL || kind == HG_E_CAPTURED || kind == HG_E_FRAME ||
                kind == HG_E_FRAME_LOCAL || kind == HG_E_FIBER_LOCAL;
    bool value = kind == HG_E_VALUE || kind == HG_E_VALUE_AT || kind == HG_E_VALUE_INT;
    bool element = value || kind == HG_E_INDEX || kind == HG_E_KEY;
    return (struct step){value ? HG_E_VALUE : kind, text ? text_of(hg_edge_payload(name)) : 2000,
                         class_of(node), !element && kind != HG_E_REFERENCE};
}

/* The step with which the paths through a module begin: no other step is the same. */
static struct step
module_step(uint32_t module) {
    uint32_t label = hg_label(graph, module);
    return (struct step){HG_E_KINDS, label, 0, true};
}

/* Adds a step, or goes back to where it is on the path already. */
static void
take_step(struct path *to, struct step step) {
    for (uint32_t at = to->length; at-- > 0;) {
        if (!same(&to->steps[at], &step)) continue;
        bool first = at == 0, from_start = to->length == 0;
        bool before = !first && !from_start && same(&to->steps[at - 1], &to->steps[to->length - 1]);
        if (!step.named && !before) continue;
        to->length = at + 1;
        return;
    }
    CHECK(to->length < STEPS);
    to->steps[to->length++] = step;
}

static bool
shares(uint32_t from, uint32_t to, uint32_t name) {
    return hg_type(graph, from) == HG_T_ARRAY && hg_type(graph, to) == HG_T_ARRAY &&
           name == hg_edge_name(HG_E_FIELD, STRING_SHARED_ROOT);
}

/* Whether a node on the way is the buffer of an array, so that it is no step. */
static bool
is_buffer(uint32_t node) {
    uint32_t parent = hg_parent(&parents, node);
    return parent != HG_NO_NODE && !hg_parent_module(&parents, node) &&
           shares(parent, node, hg_parent_name(&parents, node));
}

/* The steps to a member, or to a node at which other paths go on: these begin at a module. */
static void
write_steps(uint32_t last, bool member, struct path *to) {
    uint32_t nodes[MOST + 8], count = 0;
    *to = (struct path){.member = last};
    nodes[count++] = last;
    for (uint32_t at = last; (member && at == last) || !hg_parent_module(&parents, at);) {
        do at = hg_parent(&parents, at);
        while (at != HG_NO_NODE && is_buffer(at));
        if (at == HG_NO_NODE) break;
        nodes[count++] = at;
    }
    for (uint32_t i = count; i-- > 0;) {
        uint32_t node = nodes[i];
        if (i == count - 1 && hg_parent_module(&parents, node) && (i || !member))
            take_step(to, module_step(node));
        else if (node != graph->nodes - 1)
            take_step(to, step_to(node, hg_parent_name(&parents, node)));
    }
}

static void
write_path(uint32_t member, struct path *to) {
    write_steps(member, true, to);
}

/* -- all branches -- */

static bool
begins(const struct path *path, const struct path *with, uint32_t length) {
    if (path->length < length) return false;
    for (uint32_t i = 0; i < length; i++)
        if (!same(&path->steps[i], &with->steps[i])) return false;
    return true;
}

static void
check_members(const struct hg_members *expected, const struct hg_members *members) {
    CHECK_EQUAL(expected->objects, members->objects);
    CHECK_EQUAL(expected->bytes, members->bytes);
    CHECK_EQUAL(expected->retained, members->retained);
}

/* What the members whose paths begin with these steps are, counted again. */
static void
check_branch(const struct hg_branch *branch, const struct path *with, uint32_t length) {
    struct hg_members all = {0}, own = {0};
    uint32_t largest = HG_NO_NODE;
    for (uint32_t i = 0; i < members; i++) {
        if (!begins(&path[i], with, length)) continue;
        uint32_t member = path[i].member;
        uint64_t size = hg_retained(&tree, member);
        all.objects++;
        all.bytes += hg_memsize(graph, member);
        if (path[i].length != length) continue;
        own.objects++;
        own.bytes += hg_memsize(graph, member);
        if (largest == HG_NO_NODE || size > hg_retained(&tree, largest)) largest = member;
    }
    for (uint32_t node = 0; node < graph->objects; node++) {
        bool by_any = false, by_own = false;
        for (uint32_t i = 0; i < members; i++) {
            bool here = begins(&path[i], with, length) && hg_dominates(&tree, path[i].member, node);
            by_any = by_any || here;
            by_own = by_own || (here && path[i].length == length);
        }
        if (by_any) all.retained += hg_memsize(graph, node);
        if (by_own) own.retained += hg_memsize(graph, node);
    }
    check_members(&all, &branch->all);
    check_members(&own, &branch->own);
    if (own.objects) CHECK_EQUAL(largest, branch->node);
}

/* How many different beginnings of paths there are that go on from these steps by one. */
static uint32_t
children_of(const struct path *with, uint32_t length) {
    uint32_t children = 0;
    for (uint32_t i = 0; i < members; i++) {
        if (!begins(&path[i], with, length) || path[i].length == length) continue;
        uint32_t k = 0;
        while (k < i && !begins(&path[k], &path[i], length + 1)) k++;
        children += k == i;
    }
    return children;
}

/* The steps of a branch, which are those of its parent and its own. False for a rest. */
static bool
steps_of(const struct hg_branch *branches, uint32_t number, struct path *steps) {
    const struct hg_branch *branch = &branches[number];
    static uint32_t chain[BRANCHES];
    uint32_t count = 0;
    *steps = (struct path){0};
    for (uint32_t at = number; at; at = branches[at].parent) chain[count++] = at;
    if (branch->node == HG_NO_NODE) return false;
    while (count-- > 0) {
        const struct hg_branch *one = &branches[chain[count]];
        bool begin = one->parent == 0 && hg_edge_kind(one->name) != HG_E_ROOT;
        if (begin) CHECK(hg_parent_module(&parents, one->node));
        steps->steps[steps->length++] = begin ? module_step(one->node)
                                              : step_to(one->node, one->name);
    }
    return true;
}

static void
check_rests(const struct hg_merged_paths *merged, uint32_t number, const struct path *steps) {
    const struct hg_branch *branches = merged->branches, *rest = NULL;
    uint64_t objects = branches[number].own.objects, bytes = 0;
    uint32_t children = 0;
    for (uint32_t i = 1; i < merged->count; i++) {
        if (branches[i].parent != number) continue;
        objects += branches[i].all.objects;
        bytes += branches[i].all.bytes;
        if (branches[i].node != HG_NO_NODE) {
            children++;
            continue;
        }
        CHECK(!rest);
        rest = &branches[i];
    }
    CHECK_EQUAL(branches[number].all.objects, objects);
    bytes += branches[number].own.bytes;
    CHECK_EQUAL(branches[number].all.bytes, bytes);
    uint32_t expected = children_of(steps, steps->length);
    CHECK(children <= expected);
    CHECK_EQUAL(children < expected, rest != NULL);
}

static void
check_all(const struct hg_filter *filter, uint32_t limit) {
    struct hg_merged_paths merged;
    struct path steps;
    uint64_t smallest = UINT64_MAX;
    CHECK_EQUAL(HG_OK, hg_merge_paths(graph, &tree, &parents, filter, limit, &task, &merged));
    CHECK(merged.count >= 1 && merged.count <= (limit < 2 ? 2 : limit));
    CHECK_EQUAL(members, merged.branches[0].all.objects);
    for (uint32_t i = 0; i < merged.count; i++) {
        const struct hg_branch *branch = &merged.branches[i];
        if (i) CHECK(branch->parent < i);
        if (!steps_of(merged.branches, i, &steps)) {
            CHECK(branch->own.objects == 0 && branch->all.objects > 0);
            continue;
        }
        check_branch(branch, &steps, steps.length);
        check_rests(&merged, i, &steps);
        if (branch->all.objects < smallest) smallest = branch->all.objects;
    }
    bool all = true;
    /* What is in a rest has no more members than any branch that is given. */
    for (uint32_t i = 0; i < members; i++) {
        for (uint32_t length = 1; length <= path[i].length; length++) {
            uint64_t objects = 0;
            bool given = false;
            for (uint32_t k = 0; k < members; k++) objects += begins(&path[k], &path[i], length);
            for (uint32_t k = 0; k < merged.count && !given; k++) {
                if (!steps_of(merged.branches, k, &steps)) continue;
                given = steps.length == length && begins(&path[i], &steps, length);
            }
            if (limit == UINT32_MAX) CHECK(given);
            if (!given) CHECK(objects <= smallest);
            all = all && given;
        }
    }
    if (!all) CHECK(merged.count + 2 > limit); // the next one needs two at most
    hg_merged_paths_free(&merged);
}

static void
check_garbage(const struct hg_filter *filter) {
    struct hg_merged_paths merged;
    uint64_t count = 0, bytes = 0;
    for (size_t i = 0; i < filter->node_count; i++) {
        if (filter->nodes[i] >= graph->objects || hg_is_reachable(&tree, filter->nodes[i]))
            continue;
        count++;
        bytes += hg_memsize(graph, filter->nodes[i]);
    }
    CHECK_EQUAL(HG_OK, hg_merge_paths(graph, &tree, &parents, filter, 9, &task, &merged));
    CHECK_EQUAL(count, merged.garbage);
    CHECK_EQUAL(bytes, merged.garbage_bytes);
    hg_merged_paths_free(&merged);
}

/* -- without a branch -- */

/* Whether a step from a node leads to the branch with these steps. */
static bool
leads_to(uint32_t from, uint32_t edge, const struct path *branch) {
    struct path way;
    struct step step = step_to(hg_target(graph, edge), hg_name(graph, edge));
    if (!hg_edge_holds(hg_name(graph, edge)) || !same(&step, &branch->steps[branch->length - 1]))
        return false;
    write_steps(from, false, &way);
    take_step(&way, step);
    return way.length == branch->length && begins(&way, branch, branch->length);
}

/* As if an edge did not hold, if it leads to the branch. A buffer's elements are the array's. */
static bool
is_to_be_cut(uint32_t from, uint32_t edge, const struct path *branch) {
    uint32_t to = hg_target(graph, edge);
    if (hg_parent_cost(&parents, from) == UINT32_MAX || is_buffer(from)) return false;
    if (leads_to(from, edge, branch)) return true;
    if (!hg_edge_holds(hg_name(graph, edge)) || !shares(from, to, hg_name(graph, edge)))
        return false;
    for (uint64_t next = hg_first(graph, to); next < hg_first(graph, to + 1); next++)
        if (!step_to(hg_target(graph, next), hg_name(graph, next)).named &&
            leads_to(from, (uint32_t)next, branch))
            return true;
    return false;
}

/* What is left is what there is in a graph in which these edges hold nothing. */
static void
check_without(struct builder *builder, const struct hg_filter *filter, uint32_t limit,
              uint32_t number, const struct path *branch) {
    struct hg_merged_paths merged, expected;
    struct hg_parents others;
    struct hg_tree less;
    static uint32_t names[MOST * MOST];
    bool cut[MOST * MOST] = {false};
    uint8_t former[2][2 * MOST] = {{0}};
    uint64_t count = 0;
    CHECK(graph->edges <= MOST * MOST);
    for (uint32_t node = 0; node < graph->nodes; node++)
        for (uint64_t edge = hg_first(graph, node); edge < hg_first(graph, node + 1); edge++)
            count += cut[edge] = is_to_be_cut(node, (uint32_t)edge, branch);
    CHECK_EQUAL(HG_OK, hg_merge_paths_without(graph, &tree, &parents, filter, limit, number, &task,
                                              &merged));
    CHECK_EQUAL(count, merged.cut);
    CHECK(graph->nodes <= 2 * MOST && hg_modules_former(graph, former[0]));
    for (uint64_t edge = 0; edge < graph->edges; edge++) {
        names[edge] = builder->name[edge];
        if (cut[edge]) builder->name[edge] = hg_edge_name(HG_E_WEAK, HG_PAYLOAD_NONE);
    }
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &less));
    CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &others));
    CHECK_EQUAL(HG_OK, hg_merge_paths(graph, &less, &others, filter, limit, &task, &expected));
    CHECK_EQUAL(expected.garbage, merged.garbage + merged.released);
    CHECK_EQUAL(expected.garbage_bytes, merged.garbage_bytes + merged.released_bytes);
    CHECK_EQUAL(expected.branches[0].all.objects, merged.branches[0].all.objects);
    /* Which modules are former ones is judged by all references, and paths begin at the others. */
    CHECK(hg_modules_former(graph, former[1]));
    bool alike = memcmp(former[0], former[1], graph->nodes) == 0;
    if (alike) CHECK_EQUAL(expected.count, merged.count);
    for (size_t i = 0; i < merged.count && alike; i++) {
        const struct hg_branch *left = &expected.branches[i], *right = &merged.branches[i];
        CHECK_EQUAL(left->parent, right->parent);
        CHECK_EQUAL(left->name, right->name);
        CHECK_EQUAL(left->all.objects, right->all.objects);
        CHECK_EQUAL(left->all.bytes, right->all.bytes);
        CHECK_EQUAL(left->own.objects, right->own.objects);
    }
    for (uint64_t edge = 0; edge < graph->edges; edge++) builder->name[edge] = names[edge];
    hg_merged_paths_free(&merged);
    hg_merged_paths_free(&expected);
    hg_parents_free(&others);
    hg_tree_free(&less);
}

/* Without each branch in turn; nothing is cut for one to which no reference leads. */
static void
check_all_without(struct builder *builder, const struct hg_filter *filter, uint32_t limit) {
    struct hg_merged_paths merged, without;
    struct path steps;
    CHECK_EQUAL(HG_OK, hg_merge_paths(graph, &tree, &parents, filter, limit, &task, &merged));
    for (uint32_t i = 0; i <= merged.count; i++) {
        bool branch = i < merged.count && merged.branches[i].parent != 0 &&
                      steps_of(merged.branches, i, &steps);
        if (branch) {
            check_without(builder, filter, limit, i, &steps);
            continue;
        }
        CHECK_EQUAL(HG_OK, hg_merge_paths_without(graph, &tree, &parents, filter, limit, i, &task,
                                                  &without));
        CHECK_EQUAL(0, without.cut);
        CHECK_EQUAL(0, without.released);
        CHECK_EQUAL(merged.count, without.count);
        hg_merged_paths_free(&without);
    }
    hg_merged_paths_free(&merged);
}

static void
check_graph(struct builder *builder, struct random *random) {
    uint32_t nodes[MOST], percent = random_below(random, 101);
    struct hg_filter filter = {.type = HG_ANY_TYPE, .nodes = nodes};
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (random_chance(random, 20)) builder->type[node] = HG_T_ARRAY;
        if (random_chance(random, 10)) builder->flags[node] |= HG_N_SINGLETON;
    }
    for (uint64_t edge = 0; edge < graph->edges; edge++)
        if (random_chance(random, 15) && hg_edge_kind(hg_name(graph, edge)) != HG_E_ROOT)
            builder->name[edge] = hg_edge_name(HG_E_FIELD, STRING_SHARED_ROOT);

    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &parents));
    members = 0;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (!random_chance(random, percent)) continue;
        nodes[filter.node_count++] = node;
        if (hg_is_reachable(&tree, node)) write_path(node, &path[members++]);
    }
    check_all(&filter, UINT32_MAX);
    for (int i = 0; i < 4; i++) check_all(&filter, random_below(random, 20));
    check_garbage(&filter);
    if (check_seed % 5 == 0) check_all_without(builder, &filter, random_below(random, 40));
    hg_parents_free(&parents);
    hg_tree_free(&tree);
}

/* All elements of a long list are on one branch, which is not deeper for it. */
static void
test_list(uint32_t length) {
    struct builder builder;
    struct hg_filter filter = {.type = HG_T_STRING};
    struct hg_merged_paths merged;
    build_begin(&builder, 2 * length, 1);
    build_edge(&builder, build_root(&builder, 0), 0, hg_edge_name(HG_E_GLOBAL, 10));
    for (uint32_t i = 0; i < length; i++) {
        builder.type[length + i] = HG_T_STRING;
        build_edge(&builder, i, length + i, hg_edge_name(HG_E_IVAR, 12));
        if (i + 1 < length) build_edge(&builder, i, i + 1, hg_edge_name(HG_E_IVAR, 14));
    }
    graph = build_finish(&builder);
    CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
    CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &parents));
    CHECK_EQUAL(HG_OK, hg_merge_paths(graph, &tree, &parents, &filter, 100, &task, &merged));
    CHECK_EQUAL(length > 1 ? 6 : 4, merged.count); // all, root, $x, its string, next, its string
    CHECK_EQUAL(length, merged.branches[0].all.objects);
    CHECK_EQUAL(length, merged.branches[1].all.objects);
    CHECK_EQUAL(40 * (uint64_t)length, merged.branches[0].all.retained);
    hg_merged_paths_free(&merged);
    hg_parents_free(&parents);
    hg_tree_free(&tree);
    build_free(&builder);
}

int
main(void) {
    for (check_seed = 1; check_seed <= check_seeds(1500); check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        graph = build_random(&builder, (enum shape)(check_seed % SHAPES), random_below(&random, 50),
                             &random);
        check_graph(&builder, &random);
        build_free(&builder);
    }
    test_list(1);
    test_list(2);
    test_list(100000);
    return 0;
}
