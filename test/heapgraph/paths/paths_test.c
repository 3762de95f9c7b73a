/*
 * Paths and referrers against searches that try everything until nothing changes any more.
 */
#include "paths/paths.h"

#include <string.h>

#include "../builder.h"

static struct hg_task task;

/* -- what a step costs, told again -- */

static uint32_t
length_of(const struct hg_graph *graph, uint32_t to, uint32_t name) {
    switch (hg_edge_kind(name)) {
    case HG_E_ROOT:
        return 0;
    case HG_E_REFERENCE:
        return 3;
    case HG_E_FIELD:
        return hg_type(graph, to) == HG_T_IMEMO && hg_label(graph, to) == STRING_FIELDS ? 0 : 2;
    case HG_E_METHOD:
    case HG_E_KEY:
    case HG_E_CLASS:
    case HG_E_FRAME:
        return 2;
    default:
        return 1;
    }
}

static bool
is_data(const struct hg_graph *graph, uint32_t node, uint32_t label) {
    return hg_type(graph, node) == HG_T_DATA && hg_label(graph, node) == label;
}

/* What the program has given to the VM by name. */
static bool
is_given(const struct hg_graph *graph, uint32_t to, enum hg_edge_kind kind) {
    uint8_t type = hg_type(graph, to);
    bool list = type == HG_T_ARRAY || type == HG_T_HASH;
    if (kind != HG_E_FIELD || type == HG_T_IMEMO) return false;
    return !(list && hg_class(graph, to) == HG_NO_NODE) && !is_data(graph, to, STRING_THREAD);
}

static bool
has_caches(const struct hg_graph *graph, uint32_t from) {
    switch (hg_type(graph, from)) {
    case HG_T_CLASS:
    case HG_T_MODULE:
    case HG_T_ICLASS:
    case HG_T_IMEMO:
        return true;
    default:
        return false;
    }
}

static uint32_t
rank_of(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t name) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    bool thread = hg_type(graph, to) == HG_T_DATA &&
                  (hg_label(graph, to) == STRING_THREAD || hg_label(graph, to) == STRING_RACTOR);
    bool data = hg_type(graph, from) == HG_T_DATA;
    bool stack = data &&
                 (hg_label(graph, from) == STRING_RACTOR ||
                  hg_label(graph, from) == STRING_THREAD ||
                  (hg_type(graph, to) == HG_T_DATA && hg_label(graph, to) == STRING_RACTOR));
    if (hg_flags(graph, from) & HG_N_CONSERVATIVE) return HG_RANK_STACK;
    if (hg_flags(graph, from) & HG_N_VM_CACHE) return HG_RANK_CACHE;
    if (kind == HG_E_FIELD && hg_edge_payload(name) == STRING_CACHED && has_caches(graph, from))
        return HG_RANK_CACHE;
    if (kind == HG_E_CONSTANT && hg_edge_payload(name) == STRING_BINDING) return HG_RANK_ROOT;
    if (kind == HG_E_FRAME || kind == HG_E_FRAME_LOCAL || kind == HG_E_FIBER_LOCAL) {
        return HG_RANK_FRAME;
    }
    if (stack && kind == HG_E_REFERENCE) return HG_RANK_FRAME;
    if (kind == HG_E_GLOBAL) return HG_RANK_NAMED;
    if (is_data(graph, from, STRING_RACTOR) && is_data(graph, to, STRING_THREAD))
        return HG_RANK_FRAME;
    if (is_data(graph, from, STRING_THREAD) && is_data(graph, to, STRING_RACTOR))
        return HG_RANK_FRAME;
    if (hg_type(graph, from) != HG_T_ROOT) return HG_RANK_NAMED;
    if (is_given(graph, to, kind)) return HG_RANK_NAMED;
    return thread ? HG_RANK_FRAME : HG_RANK_ROOT;
}

static uint32_t
cost_with(const struct hg_graph *graph, uint32_t cost, uint32_t from, uint32_t to, uint32_t name) {
    uint32_t rank = rank_of(graph, from, to, name);
    if (rank < cost >> 29) rank = cost >> 29;
    return rank << 29 | ((cost & 0x1fffffff) + length_of(graph, to, name));
}

/* -- the best costs -- */

/* The nearest node that has not been settled. */
static uint32_t
nearest(const struct hg_graph *graph, const uint32_t *cost, const uint8_t *settled) {
    uint32_t best = HG_NO_NODE;
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (settled[node] || cost[node] == UINT32_MAX) continue;
        if (best == HG_NO_NODE || cost[node] < cost[best]) best = node;
    }
    return best;
}

/* Dijkstra as in the textbook, from all nodes that have a cost; `fixed` ones keep theirs. */
static void
relax(const struct hg_graph *graph, const uint8_t *fixed, uint32_t *cost) {
    uint8_t *settled = calloc(graph->nodes, 1);
    CHECK(settled);
    for (uint32_t from; (from = nearest(graph, cost, settled)) != HG_NO_NODE;) {
        settled[from] = 1;
        for (uint64_t edge = hg_first(graph, from); edge <= hg_first(graph, from + 1); edge++) {
            uint32_t to = hg_class(graph, from);
            uint32_t name = hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE);
            if (edge < hg_first(graph, from + 1)) {
                to = hg_target(graph, edge);
                name = hg_name(graph, edge);
            }
            if (to == HG_NO_NODE || !hg_edge_holds(name) || fixed[to]) continue;
            uint32_t with = cost_with(graph, cost[from], from, to, name);
            if (with < cost[to]) cost[to] = with;
        }
    }
    free(settled);
}

static bool
is_module(const struct hg_graph *graph, uint32_t node) {
    return (hg_type(graph, node) == HG_T_CLASS || hg_type(graph, node) == HG_T_MODULE) &&
           !(hg_flags(graph, node) & HG_N_SINGLETON);
}

/* Whether a module named Object refers to a node. (No name here has a "::" in it.) */
static bool
is_of_object(const struct hg_graph *graph, uint32_t node) {
    for (uint32_t from = 0; from < graph->objects; from++) {
        if (!is_module(graph, from) || hg_label(graph, from) != STRING_OBJECT) continue;
        for (uint32_t edge = hg_first(graph, from); edge < hg_first(graph, from + 1); edge++) {
            if (hg_target(graph, edge) == node && hg_edge_holds(hg_name(graph, edge))) return true;
        }
    }
    return false;
}

/* Whether another module has taken the name. */
static bool
is_former(const struct hg_graph *graph, uint32_t node) {
    if (hg_label(graph, node) == STRING_OBJECT || is_of_object(graph, node)) return false;
    for (uint32_t other = 0; other < graph->objects; other++) {
        if (is_module(graph, other) && hg_label(graph, other) == hg_label(graph, node) &&
            is_of_object(graph, other))
            return true;
    }
    return false;
}

/* Marks named modules among what is reachable; returns whether there are constants. */
static bool
mark_modules(const struct hg_graph *graph, const uint32_t *cost, uint8_t *module) {
    uint32_t count = 0;
    for (uint32_t node = 0; node < graph->objects; node++) {
        bool object = hg_type(graph, node) == HG_T_CLASS && hg_label(graph, node) == STRING_OBJECT;
        if (!object) continue;
        if (cost[node] != UINT32_MAX) module[node] = 1, count++;
        break;
    }
    for (bool more = true; more;) {
        more = false;
        for (uint32_t from = 0; from < graph->objects; from++) {
            if (!module[from]) continue;
            for (uint32_t edge = hg_first(graph, from); edge < hg_first(graph, from + 1); edge++) {
                uint32_t to = hg_target(graph, edge);
                if (hg_edge_kind(hg_name(graph, edge)) != HG_E_CONSTANT) continue;
                if (!is_module(graph, to) || module[to]) continue;
                module[to] = 1;
                count++;
                more = true;
            }
        }
    }
    if (count > 1) return true;
    for (uint32_t node = 0; node < graph->nodes; node++) {
        module[node] = is_module(graph, node) && hg_label(graph, node) != HG_NO_STRING &&
                       cost[node] != UINT32_MAX && !is_former(graph, node);
    }
    return false;
}

static bool
has_edge(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t name) {
    if (hg_edge_kind(name) == HG_E_CLASS) return hg_class(graph, from) == to;
    for (uint32_t edge = hg_first(graph, from); edge < hg_first(graph, from + 1); edge++) {
        if (hg_target(graph, edge) == to && hg_name(graph, edge) == name)
            return hg_edge_holds(name);
    }
    return false;
}

/* Whether the parents are a tree of edges that there are. */
static void
check_form(const struct hg_graph *graph, const struct hg_parents *parents) {
    for (uint32_t node = 0; node < graph->nodes; node++) {
        uint32_t parent = hg_parent(parents, node), steps = 0;
        if (parent == HG_NO_NODE) {
            CHECK(node == graph->nodes - 1 || hg_parent_cost(parents, node) == UINT32_MAX);
            continue;
        }
        CHECK(has_edge(graph, parent, node, hg_parent_name(parents, node)));
        for (uint32_t at = node; at != graph->nodes - 1; at = hg_parent(parents, at)) {
            CHECK(at != HG_NO_NODE && ++steps <= graph->nodes);
        }
    }
}

static void
check_parents(const struct hg_graph *graph, const struct hg_parents *parents) {
    uint32_t *cost = malloc(graph->nodes * sizeof(*cost));
    uint8_t *module = calloc(graph->nodes, 1), *fixed = calloc(graph->nodes, 1);
    CHECK(cost && module && fixed);
    check_form(graph, parents);

    memset(cost, 0xff, graph->nodes * sizeof(*cost));
    cost[graph->nodes - 1] = 0;
    relax(graph, fixed, cost);
    bool constants = mark_modules(graph, cost, module);

    /* The way to Object, or without constants to every module, stays as it is. */
    fixed[graph->nodes - 1] = 1;
    for (uint32_t node = 0; node < graph->nodes; node++) {
        CHECK_EQUAL(module[node], hg_parent_module(parents, node));
        bool object = hg_type(graph, node) == HG_T_CLASS && hg_label(graph, node) == STRING_OBJECT;
        if (!module[node]) continue;
        fixed[node] = 1;
        for (uint32_t at = node; (object || !constants) && at != HG_NO_NODE;
             at = hg_parent(parents, at)) {
            fixed[at] = 1;
        }
    }
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (module[node]) cost[node] = 0;
        else if (!fixed[node]) cost[node] = UINT32_MAX;
    }
    relax(graph, fixed, cost);

    for (uint32_t node = 0; node < graph->nodes; node++) {
        CHECK_EQUAL(cost[node], hg_parent_cost(parents, node));
        uint32_t parent = hg_parent(parents, node);
        if (fixed[node] || parent == HG_NO_NODE) continue;
        CHECK_EQUAL(cost[node],
                    cost_with(graph, cost[parent], parent, node, hg_parent_name(parents, node)));
    }
    free(cost);
    free(module);
    free(fixed);
}

/* -- paths -- */

static void
check_path(const struct hg_graph *graph, const struct hg_parents *parents,
           const struct hg_path *path, uint32_t node) {
    uint32_t from = graph->nodes - 1, rank = 0;
    bool permanent = false;
    CHECK(path->length > 0 && path->holder < path->length);
    CHECK_EQUAL(node, path->steps[path->length - 1].node);
    for (uint32_t i = 0; i < path->length; i++) {
        struct hg_path_step step = path->steps[i];
        CHECK(has_edge(graph, from, step.node, step.name));
        for (uint32_t j = 0; j < i; j++) CHECK(path->steps[j].node != step.node);
        uint32_t of = rank_of(graph, from, step.node, step.name);
        if (hg_parent_module(parents, step.node) && i + 1 < path->length) {
            permanent = true;
            rank = 0;
            CHECK(path->holder >= i);
        }
        else if (of > rank) rank = of;
        from = step.node;
    }
    uint32_t holder = path->steps[path->holder].node;
    if (permanent) CHECK(hg_parent_module(parents, holder));
    else if (path->length > 1) CHECK(holder < graph->objects && path->holder == 1);
}

static bool
shares_edge(const struct hg_parents *parents, const struct hg_path *a, const struct hg_path *b) {
    for (uint32_t i = a->holder + hg_parent_module(parents, a->steps[a->holder].node);
         i < a->length; i++) {
        for (uint32_t j = b->holder + hg_parent_module(parents, b->steps[b->holder].node);
             j < b->length; j++) {
            if (i && j && a->steps[i].node == b->steps[j].node &&
                a->steps[i - 1].node == b->steps[j - 1].node) {
                return true;
            }
        }
    }
    return false;
}

static bool
same_path(const struct hg_path *a, const struct hg_path *b) {
    if (a->length != b->length) return false;
    for (uint32_t i = 0; i < a->length; i++) {
        if (a->steps[i].node != b->steps[i].node) return false;
    }
    return true;
}

/* Whether a node is its own ancestor's ancestor: then no path by the tree goes through the edge. */
static bool
tree_path_has(const struct hg_parents *parents, uint32_t node, uint32_t wanted) {
    for (; node != HG_NO_NODE; node = hg_parent(parents, node)) {
        if (node == wanted) return true;
    }
    return false;
}

/* Each referrer whose best path does not come from the node has to be on a path of its own. */
static void
check_all_referrers(const struct hg_graph *graph, const struct hg_parents *parents, uint32_t node,
                    const struct hg_path *paths, uint32_t found) {
    for (uint32_t from = 0; from < graph->nodes; from++) {
        uint32_t name;
        bool on_one = false;
        if (hg_parent_cost(parents, from) == UINT32_MAX || tree_path_has(parents, from, node))
            continue;
        if (!hg_edge_between(graph, from, node, &name) || !hg_edge_holds(name)) continue;
        if (hg_edge_kind(name) == HG_E_CLASS && hg_parent_module(parents, node) &&
            hg_parent(parents, node) != from) {
            continue;
        }
        for (uint32_t i = 0; i < found && !on_one; i++) {
            uint32_t length = paths[i].length;
            uint32_t before = length > 1 ? paths[i].steps[length - 2].node : graph->nodes - 1;
            on_one = before == from;
        }
        CHECK(on_one);
    }
}

static void
check_paths(const struct hg_graph *graph, const struct hg_inverse *inverse,
            const struct hg_parents *parents, uint32_t node, struct random *random) {
    enum { MOST = 400 };
    static struct hg_path paths[MOST];
    struct hg_path best;
    uint32_t found, limit = random_chance(random, 30) ? random_below(random, 4) : MOST;
    uint64_t budget = random_chance(random, 30) ? 1 + random_below(random, 20) : 0;
    bool more;

    CHECK_EQUAL(HG_OK, hg_path_to(graph, parents, node, &best));
    CHECK_EQUAL(
        HG_OK, hg_paths(graph, inverse, parents, node, limit, budget, &task, paths, &found, &more));
    CHECK(found <= limit);
    if (hg_parent(parents, node) == HG_NO_NODE) {
        CHECK_EQUAL(0, found);
        CHECK_EQUAL(0, best.length);
        return;
    }
    CHECK(limit == 0 || found > 0);
    for (uint32_t i = 0; i < found; i++) {
        check_path(graph, parents, &paths[i], node);
        bool shares = false;
        for (uint32_t j = 0; j < i; j++) {
            CHECK(!same_path(&paths[i], &paths[j]));
            shares |= shares_edge(parents, &paths[j], &paths[i]);
        }
        if (paths[i].disjoint) CHECK(!shares && (i == 0 || paths[i - 1].disjoint));
        if (i > 1 && paths[i].disjoint == paths[i - 1].disjoint) {
            CHECK(paths[i].rank >= paths[i - 1].rank);
        }
    }
    if (found) CHECK(same_path(&paths[0], &best));
    if (!more && found < limit && limit > 1) {
        check_all_referrers(graph, parents, node, paths, found);
    }
    for (uint32_t i = 0; i < found; i++) hg_path_free(&paths[i]);
    hg_path_free(&best);
}

/* -- referrers -- */

static void
check_referrers(const struct hg_graph *graph, const struct hg_inverse *inverse, uint32_t node,
                bool instances, struct random *random) {
    enum { MOST = 1000 };
    static struct hg_referrer expected[MOST], got[2][MOST];
    uint64_t count = 0, total[2];
    for (uint32_t from = 0; from < graph->nodes; from++) {
        for (uint32_t edge = hg_first(graph, from); edge < hg_first(graph, from + 1); edge++) {
            if (hg_target(graph, edge) != node) continue;
            CHECK(count < MOST);
            expected[count++] = (struct hg_referrer){from, hg_name(graph, edge)};
        }
    }
    for (uint32_t from = 0; from < graph->nodes && instances; from++) {
        if (hg_class(graph, from) != node) continue;
        CHECK(count < MOST);
        uint32_t name = hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE);
        expected[count++] = (struct hg_referrer){from, name};
    }
    uint32_t offset = random_below(random, 3), limit = random_below(random, 8), found[2];
    uint64_t left = offset < count ? count - offset : 0;
    if (left > limit) left = limit;
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(HG_OK, hg_referrers(graph, i ? inverse : NULL, node, instances, offset, limit,
                                        &task, got[i], &found[i], &total[i]));
        CHECK_EQUAL(count, total[i]);
        CHECK_EQUAL(left, found[i]);
        for (uint32_t j = 0; j < found[i]; j++) {
            CHECK_EQUAL(expected[offset + j].node, got[i][j].node);
            CHECK_EQUAL(expected[offset + j].name, got[i][j].name);
        }
    }
}

/* Of those that are not among the most referred, none has more references than the last one. */
static void
check_most(const struct hg_graph *graph, const struct hg_inverse *inverse, const uint32_t *counts) {
    uint32_t referred = 0, last = UINT32_MAX;
    for (uint32_t i = 0; i < inverse->referred; i++) {
        const struct hg_referred *most = &inverse->most[i];
        bool later = most->references < last ||
                     (most->references == last && i && most->node > inverse->most[i - 1].node);
        CHECK(later && most->node < graph->objects && most->references > 0);
        CHECK_EQUAL(counts[most->node], most->references);
        last = most->references;
    }
    for (uint32_t node = 0; node < graph->objects; node++) referred += counts[node] > 0;
    CHECK_EQUAL(referred < HG_MOST_REFERRED ? referred : HG_MOST_REFERRED, inverse->referred);
    if (inverse->referred == HG_MOST_REFERRED) {
        uint32_t more = 0, as_many = 0, listed = 0;
        for (uint32_t node = 0; node < graph->objects; node++) {
            more += counts[node] > last;
            as_many += counts[node] == last;
        }
        for (uint32_t i = 0; i < inverse->referred; i++)
            listed += inverse->most[i].references == last;
        CHECK_EQUAL(more, inverse->referred - listed);
        CHECK(listed <= as_many);
    }
}

static void
check_instances(const struct hg_graph *graph, const struct hg_inverse *inverse) {
    for (uint32_t class = 0; class < graph->nodes; class ++) {
        uint32_t count = 0;
        for (uint32_t node = 0; node < graph->nodes; node++)
            count += hg_class(graph, node) == class;
        CHECK_EQUAL(count, hg_instances(inverse, class));
    }
}

static void
check_counts(const struct hg_graph *graph, const struct hg_inverse *inverse) {
    uint32_t *counts = malloc(graph->nodes * sizeof(*counts));
    CHECK(counts);
    CHECK_EQUAL(HG_OK, hg_count_referrers(graph, &task, counts));
    check_most(graph, inverse, counts);
    for (uint32_t edge = 0; edge < graph->edges; edge++) {
        if (hg_edge_holds(hg_name(graph, edge))) counts[hg_target(graph, edge)]--;
    }
    for (uint32_t node = 0; node < graph->nodes; node++) CHECK_EQUAL(0, counts[node]);
    free(counts);
}

static void
check_graph(const struct hg_graph *graph, struct random *random) {
    struct hg_parents parents;
    struct hg_inverse inverse;
    CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &parents));
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    check_parents(graph, &parents);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        check_paths(graph, &inverse, &parents, node, random);
        check_referrers(graph, &inverse, node, random_chance(random, 50), random);
    }
    check_counts(graph, &inverse);
    check_instances(graph, &inverse);
    hg_parents_free(&parents);
    hg_inverse_free(&inverse);
}

static void
test_random(void) {
    for (check_seed = 1; check_seed <= check_seeds(1500); check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        enum shape shape = (enum shape)(check_seed % SHAPES);
        uint32_t most = check_seed % 10 ? 25 : 150;
        check_graph(build_random(&builder, shape, random_below(&random, most), &random), &random);
        build_free(&builder);
    }
    check_seed = 0;
}

/*
 * A list whose links point back, a thousand times as long as a stack is deep: paths to its end, the
 * search backwards bounded.
 */
static void
test_list(uint32_t length) {
    struct builder builder;
    struct hg_parents parents;
    struct hg_inverse inverse;
    struct hg_path paths[3];
    uint32_t found;
    bool more;
    build_begin(&builder, length, 1);
    build_reference(&builder, build_root(&builder, 0), 0);
    for (uint32_t node = 1; node < length; node++) {
        build_reference(&builder, node - 1, node);
        build_reference(&builder, node, node - 1);
    }
    const struct hg_graph *graph = build_finish(&builder);
    CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &parents));
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    CHECK_EQUAL(3 * length, hg_path_length(hg_parent_cost(&parents, length - 1)));
    CHECK_EQUAL(HG_OK,
                hg_paths(graph, &inverse, &parents, length / 2, 3, 0, &task, paths, &found, &more));
    CHECK_EQUAL(1, found);
    CHECK(more);
    CHECK_EQUAL(length / 2 + 2, paths[0].length);
    hg_path_free(&paths[0]);
    hg_parents_free(&parents);
    hg_inverse_free(&inverse);
    build_free(&builder);
}

/*
 * Levels that are wider than what a queue has in one piece: a hub, and lists of three that it
 * holds.
 */
static void
test_wide(uint32_t width) {
    struct builder builder;
    struct hg_parents parents;
    build_begin(&builder, 3 * width + 1, 1);
    build_reference(&builder, build_root(&builder, 0), 0);
    for (uint32_t node = 1; node <= width; node++) build_reference(&builder, 0, node);
    for (uint32_t node = 1; node <= 2 * width; node++)
        build_reference(&builder, node, node + width);
    const struct hg_graph *graph = build_finish(&builder);
    CHECK_EQUAL(HG_OK, hg_parents_build(graph, &task, &parents));
    for (uint32_t node = 1; node <= 3 * width; node++) {
        uint32_t level = 1 + (node - 1) / width;
        CHECK_EQUAL(level == 1 ? 0 : node - width, hg_parent(&parents, node));
        CHECK_EQUAL(3 * (level + 1), hg_path_length(hg_parent_cost(&parents, node)));
    }
    hg_parents_free(&parents);
    build_free(&builder);
}

static void
test_stop(void) {
    struct builder builder;
    struct random random = {1};
    struct hg_task stopped = {.stop = 1};
    struct hg_parents parents;
    struct hg_inverse inverse;
    const struct hg_graph *graph = build_heap(&builder, 100000, &random);
    CHECK_EQUAL(HG_OK, hg_inverse_build(graph, &task, &inverse));
    CHECK_EQUAL(HG_MOST_REFERRED, inverse.referred);
    check_counts(graph, &inverse);
    hg_inverse_free(&inverse);
    CHECK_EQUAL(HG_STOPPED, hg_parents_build(graph, &stopped, &parents));
    CHECK(!parents.owned && !hg_has_column(&parents.parent));
    CHECK_EQUAL(HG_STOPPED, hg_inverse_build(graph, &stopped, &inverse));
    CHECK(!inverse.owned && !hg_has_column(&inverse.first));
    build_free(&builder);
}

int
main(void) {
    test_random();
    test_list(200000);
    test_wide(1200000);
    test_stop();
    return 0;
}
