/*
 * Procs by their codes against the definition: each is looked for among all objects.
 */
#include "search/procs.h"

#include <string.h>

#include "../builder.h"

enum { MOST = 120 };

static struct hg_task task;

uint64_t
hg_address(const struct hg_graph *graph, uint32_t node) {
    return node;
}

/* The first target of a field of that name, or HG_NO_NODE. */
static uint32_t
field(const struct hg_graph *graph, uint32_t node, uint32_t string) {
    if (node == HG_NO_NODE) return HG_NO_NODE;
    for (uint32_t edge = hg_first(graph, node); edge < hg_first(graph, node + 1); edge++)
        if (hg_name(graph, edge) == hg_edge_name(HG_E_FIELD, string)) return hg_target(graph, edge);
    return HG_NO_NODE;
}

static bool
is_proc(const struct hg_graph *graph, uint32_t node) {
    return node < graph->objects && hg_type(graph, node) == HG_T_DATA &&
           hg_label(graph, node) == STRING_PROC;
}

static uint32_t
code_of(const struct hg_graph *graph, uint32_t node) {
    uint32_t method = field(graph, field(graph, node, STRING_IFUNC), STRING_DATA);
    uint32_t code = field(graph, node, STRING_ISEQ);
    if (code == HG_NO_NODE) code = field(graph, field(graph, method, STRING_ENTRY), STRING_ISEQ);
    bool is = code != HG_NO_NODE && hg_type(graph, code) == HG_T_IMEMO &&
              hg_label(graph, code) == STRING_ISEQ;
    return is ? code : HG_NO_NODE;
}

/* Procs, codes, and the ways between them. */
static void
dress(struct builder *builder, struct random *random) {
    static const uint32_t names[] = {STRING_ISEQ, STRING_ISEQ, STRING_IFUNC, STRING_DATA,
                                     STRING_ENTRY};
    struct hg_graph *graph = &builder->graph;
    uint32_t share = random_below(random, 100);
    for (uint32_t node = 0; node < graph->objects; node++) {
        bool proc = random_chance(random, share);
        builder->type[node] = proc ? HG_T_DATA : random_chance(random, 80) ? HG_T_IMEMO : HG_T_DATA;
        builder->label[node] = proc                        ? STRING_PROC
                               : random_chance(random, 80) ? STRING_ISEQ
                                                           : STRING_IMEMO;
        if (random_chance(random, 5)) builder->label[node] = HG_NO_STRING;
        for (uint32_t edge = hg_first(graph, node); edge < hg_first(graph, node + 1); edge++)
            if (random_chance(random, 80))
                builder->name[edge] = hg_edge_name(HG_E_FIELD, names[random_below(random, 5)]);
    }
}

static void
check_codes(const struct hg_graph *graph, const struct hg_tree *tree,
            const struct hg_numbers *codes, uint64_t procs) {
    bool runs[MOST + 8] = {false};
    uint64_t live = 0;
    uint32_t at = 0;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (!is_proc(graph, node) || !hg_is_reachable(tree, node)) continue;
        live++;
        if (code_of(graph, node) != HG_NO_NODE) runs[code_of(graph, node)] = true;
    }
    CHECK_EQUAL(live, procs);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (!runs[node]) continue;
        CHECK(at < codes->count);
        CHECK_EQUAL(node, codes->items[at++]);
    }
    CHECK_EQUAL(at, codes->count);
}

/* The group of a node, or HG_NO_NODE. */
static uint32_t
group_of(const struct hg_graph *graph, uint32_t node, const struct hg_numbers *codes,
         const uint32_t *groups) {
    if (!is_proc(graph, node)) return HG_NO_NODE;
    for (size_t i = 0; i < codes->count; i++)
        if (codes->items[i] == code_of(graph, node)) return groups[i];
    return HG_NO_NODE;
}

/* The bytes of all nodes below one of these. */
static uint64_t
bytes_below(const struct hg_graph *graph, const struct hg_tree *tree, const uint32_t *procs,
            uint32_t count) {
    uint64_t bytes = 0;
    for (uint32_t node = 0; node < graph->nodes; node++) {
        bool below = false;
        for (uint32_t i = 0; i < count; i++) below = below || hg_dominates(tree, procs[i], node);
        if (below) bytes += hg_memsize(graph, node);
    }
    return bytes;
}

static void
check_group(const struct hg_graph *graph, const struct hg_tree *tree,
            const struct hg_numbers *codes, const uint32_t *groups,
            const struct hg_proc_groups *found, const struct hg_proc_group *group) {
    const uint32_t *procs = found->procs + group->first;
    uint64_t bytes = 0;
    uint32_t count = 0;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (group_of(graph, node, codes, groups) != group->group) continue;
        if (!hg_is_reachable(tree, node)) continue;
        CHECK(count < group->count);
        CHECK_EQUAL(node, procs[count++]);
        bytes += hg_memsize(graph, node);
    }
    CHECK_EQUAL(count, group->count);
    CHECK_EQUAL(bytes, group->bytes);
    CHECK_EQUAL(bytes_below(graph, tree, procs, count), group->retained);
}

static void
check_groups(const struct hg_graph *graph, const struct hg_tree *tree,
             const struct hg_numbers *codes, struct random *random) {
    struct hg_proc_groups all, some;
    uint32_t groups[MOST + 8], few = 1 + random_below(random, 8);
    uint32_t limit = random_below(random, 5);
    uint64_t members = 0;
    for (size_t i = 0; i < codes->count; i++) groups[i] = random_below(random, few);
    CHECK_EQUAL(HG_OK, hg_group_procs(graph, tree, codes->items, groups, codes->count, UINT32_MAX,
                                      &task, &all));
    CHECK_EQUAL(HG_OK, hg_group_procs(graph, tree, codes->items, groups, codes->count, limit, &task,
                                      &some));
    for (size_t i = 0; i < all.count; i++) {
        const struct hg_proc_group *group = &all.items[i], *before = group - 1;
        check_group(graph, tree, codes, groups, &all, group);
        members += group->count;
        if (i > 0)
            CHECK(before->count > group->count ||
                  (before->count == group->count && before->group < group->group));
    }
    CHECK_EQUAL(all.groups, all.count);
    CHECK_EQUAL(all.members, members);
    CHECK_EQUAL(all.groups, some.groups);
    CHECK_EQUAL(all.members, some.members);
    CHECK_EQUAL(limit < all.count ? limit : all.count, some.count);
    for (size_t i = 0; i < some.count; i++) {
        const struct hg_proc_group *group = &some.items[i];
        CHECK_EQUAL(all.items[i].group, group->group);
        check_group(graph, tree, codes, groups, &some, group);
    }
    hg_proc_groups_free(&all);
    hg_proc_groups_free(&some);
}

/* Any codes, not only those that live procs run. */
static void
check_procs_of(const struct hg_graph *graph, struct random *random) {
    struct hg_numbers codes = {0}, procs = {0};
    size_t at = 0;
    for (uint32_t node = 0; node < graph->nodes; node++)
        if (random_chance(random, 30)) hg_numbers_add(&codes, node);
    CHECK_EQUAL(HG_OK, hg_procs_of(graph, codes.items, codes.count, &task, &procs));
    for (uint32_t node = 0; node < graph->objects; node++) {
        bool one = false;
        for (size_t i = 0; i < codes.count; i++)
            one = one || (is_proc(graph, node) && code_of(graph, node) == codes.items[i]);
        if (!one) continue;
        CHECK(at < procs.count);
        CHECK_EQUAL(node, procs.items[at++]);
    }
    CHECK_EQUAL(at, procs.count);
    hg_numbers_free(&codes);
    hg_numbers_free(&procs);
}

int
main(void) {
    uint64_t found = 0;
    for (check_seed = 1; check_seed <= 3000; check_seed++) {
        struct random random = {check_seed};
        struct builder builder;
        struct hg_tree tree;
        struct hg_numbers codes = {0};
        uint64_t procs;
        const struct hg_graph *graph = build_random(&builder, (enum shape)(check_seed % SHAPES),
                                                    random_below(&random, MOST), &random);
        dress(&builder, &random);
        CHECK_EQUAL(HG_OK, hg_tree_build(graph, &task, &tree));
        CHECK_EQUAL(HG_OK, hg_proc_codes(graph, &tree, &task, &codes, &procs));
        check_codes(graph, &tree, &codes, procs);
        check_groups(graph, &tree, &codes, &random);
        check_procs_of(graph, &random);
        found += codes.count;
        hg_numbers_free(&codes);
        hg_tree_free(&tree);
        build_free(&builder);
    }
    CHECK(found > 2000);
    return 0;
}
