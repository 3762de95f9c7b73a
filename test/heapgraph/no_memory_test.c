/*
 * no_memory_test DUMP LATER: every question to a dump, and the comparison with a later one, again
 * and again: each time another allocation finds no memory. Either the answer is the same, or it is
 * HG_NO_MEMORY, and nothing leaks (the sanitizers see to that).
 *
 * Linked with --wrap for the functions below.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "kept/analysis.h"
#include "check.h"
#include "base/chunk.h"
#include "graph/load.h"
#include "tree/edge_groups.h"
#include "tree/folded.h"
#include "tree/groups.h"
#include "tree/retained.h"
#include "search/find.h"
#include "search/texts.h"
#include "growth/held_ways.h"
#include "growth/leaks.h"
#include "growth/leaks_names.h"
#include "growth/merged_paths.h"
#include "growth/way_list.h"
#include "kept/indexfile.h"
#include "kept/layout.h"

uint64_t check_seed;

/* Which allocation fails; 0: none. */
static atomic_long left;

static bool
fails(void) {
    bool now = atomic_load(&left) > 0 && atomic_fetch_sub(&left, 1) == 1;
    if (now) errno = ENOMEM;
    return now;
}

#define WRAP(type, name, parameters, arguments, failure)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters {                                                                \
        return fails() ? failure : __real_##name arguments;                                        \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *old, size_t size), (old, size), NULL)
WRAP(int, posix_memalign, (void **to, size_t unit, size_t size), (to, unit, size), ENOMEM)
WRAP(void *, mmap, (void *at, size_t size, int access, int flags, int fd, off_t offset),
     (at, size, access, flags, fd, offset), MAP_FAILED)

/* What was answered, as one number. */
static uint64_t
sum_bytes(uint64_t sum, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

static uint64_t
sum_number(uint64_t sum, uint64_t number) {
    return sum_bytes(sum, &number, sizeof number);
}

static uint64_t
sum_graph(const struct hg_graph *graph, uint64_t sum) {
    for (uint64_t edge = 0; edge < graph->edges; edge++)
        sum = sum_number(sum, hg_target(graph, edge));
    for (uint32_t node = 0; node < graph->nodes; node++) {
        sum = sum_number(sum, hg_first(graph, node + UINT64_C(1)));
        sum = sum_number(sum, hg_class(graph, node));
        sum = sum_number(sum, hg_memsize(graph, node));
        if (hg_label(graph, node) == HG_NO_STRING) continue;
        size_t length;
        const char *label = hg_string(graph, hg_label(graph, node), &length);
        sum = sum_bytes(sum, label, length);
    }
    return sum;
}

static enum hg_status
load(const char *path, struct hg_task *task, struct hg_graph **graph) {
    struct hg_load_options options = {.threads = 1};
    struct hg_source *source;
    enum hg_status status = hg_source_open(path, task, &source);
    if (status != HG_OK) return status;
    status = hg_load(source, &options, task, graph);
    if (status != HG_OK) hg_source_free(source);
    return status;
}

static enum hg_status
ask_tables(struct hg_analysis *all, struct hg_task *task, uint64_t *sum) {
    struct hg_group_query query = {.below = HG_NO_NODE, .limit = 10};
    struct hg_groups groups;
    struct hg_cell *cells = NULL;
    struct hg_repeats repeats = {0};
    size_t count;
    enum hg_status status = HG_OK;
    for (int by = HG_BY_CLASS; by <= HG_BY_GENERATION && status == HG_OK; by++) {
        query.by = (enum hg_group_by)by;
        status = hg_group_objects(all->graph, &all->tree, &query, task, &groups);
        if (status != HG_OK) return status;
        for (size_t i = 0; i < groups.count; i++) *sum = sum_number(*sum, groups.items[i].retained);
        hg_groups_free(&groups);
    }
    status = hg_fold(all->graph, &all->tree, &all->kinds, all->graph->nodes - 1, 0, 300, task,
                     &cells, &count);
    if (status != HG_OK) return status;
    for (size_t i = 0; i < count; i++) *sum = sum_number(*sum, cells[i].retained);
    free(cells);
    status = hg_repeats_find(all->graph, &all->tree, 5, task, &repeats);
    if (status != HG_OK) return status;
    *sum = sum_number(*sum, repeats.wasted);
    hg_repeats_free(&repeats);
    return status;
}

static enum hg_status
ask_edges(struct hg_analysis *all, struct hg_task *task, uint64_t *sum) {
    struct hg_edge_groups to, from;
    for (uint32_t node = 0; node < all->graph->nodes; node += 50) {
        enum hg_status status = hg_group_referrers(all->graph, &all->tree, &all->inverse,
                                                   &all->kinds, node, 5, task, &to);
        if (status != HG_OK) return status;
        status = hg_group_references(all->graph, &all->tree, node, 5, task, &from);
        if (status == HG_OK) *sum = sum_number(sum_number(*sum, to.groups), from.references);
        hg_edge_groups_free(&from);
        hg_edge_groups_free(&to);
        if (status != HG_OK) return status;
    }
    return HG_OK;
}

static enum hg_status
ask_objects(struct hg_analysis *all, struct hg_task *task, uint64_t *sum) {
    enum { PATHS = 4 };
    struct hg_filter filter = {.type = HG_ANY_TYPE};
    struct hg_listing listing = {HG_SORT_REFERRERS, 5, 50};
    struct hg_numbers nodes = {0};
    struct hg_found found;
    struct hg_held held;
    struct hg_path paths[PATHS];
    uint32_t count = 0;
    bool more;
    enum hg_status status = hg_find(all->graph, &all->tree, &filter, &listing, task, &nodes,
                                    &found);
    if (status == HG_OK)
        status = hg_sample(all->graph, &all->tree, &filter, 20, task, &nodes, &found);
    if (status == HG_OK) status = hg_most_referred(all->graph, NULL, true, 20, task, &nodes);
    if (status == HG_OK) status = hg_modules_named(all->graph, "Session", 7, &nodes);
    if (status == HG_OK) status = hg_texts_with(all->graph, "item", 4, task, &nodes);
    if (status == HG_OK)
        status = hg_retained_exact(all->graph, &all->tree, nodes.items, nodes.count, task, &held,
                                   NULL);
    if (status == HG_OK) *sum = sum_number(*sum, held.bytes);
    for (size_t i = 0; i < nodes.count && status == HG_OK; i++) {
        *sum = sum_number(*sum, nodes.items[i]);
        if (i % 10) continue;
        status = hg_paths(all->graph, &all->inverse, &all->parents, nodes.items[i], PATHS, 0, task,
                          paths, &count, &more);
        for (uint32_t j = 0; status == HG_OK && j < count; j++) {
            *sum = sum_number(*sum, paths[j].length);
            hg_path_free(&paths[j]);
        }
    }
    hg_numbers_free(&nodes);
    return status;
}

static enum hg_status
ask_paths(struct hg_analysis *all, struct hg_task *task, uint64_t *sum) {
    static const uint32_t first[] = {0, 1};
    struct hg_condition conditions[] = {
        {.subject = HG_IF_HELD_BY_INSTANCE, .relation = HG_NOT_EQUAL, .nodes = first, .count = 2},
        {.subject = HG_IF_KIND_OF, .relation = HG_NOT_EQUAL, .nodes = first, .count = 1},
    };
    struct hg_filter filter = {.type = HG_T_OBJECT, .conditions = conditions, .condition_count = 2};
    struct hg_merged_paths merged = {0};
    enum hg_status status = hg_conditions_prepare(all->graph, conditions, 2, task);
    if (status == HG_OK)
        status = hg_merge_paths(all->graph, &all->tree, &all->parents, &filter, 20, task, &merged);
    hg_conditions_release(conditions, 2);
    for (size_t i = 0; status == HG_OK && i < merged.count; i++)
        *sum = sum_number(*sum, merged.branches[i].all.retained);
    hg_merged_paths_free(&merged);
    return status;
}

static enum hg_status
ask_ways(struct hg_analysis *all, struct hg_task *task, uint64_t *sum) {
    struct hg_growth growth;
    struct hg_way_list list = {0};
    const struct hg_growth_source source = {all->graph, &all->own_ways, &all->parents};
    enum hg_status status = hg_growth_init(&growth, &(struct hg_rules){0});
    if (status != HG_OK) return status;
    status = hg_growth_add(&growth, &source, 1, task);
    if (status == HG_OK) status = hg_list_ways(&growth, &all->tree, 10, task, &list);
    for (size_t i = 0; status == HG_OK && i < list.count; i++)
        *sum = sum_number(sum_number(*sum, list.items[i].retained), list.items[i].bytes);
    hg_way_list_free(&list);
    hg_growth_free(&growth);
    return status;
}

/* Of every object, each in one of two runs. */
static enum hg_status
ask_held_ways(struct hg_analysis *all, struct hg_task *task, uint64_t *sum) {
    uint32_t count = all->graph->objects, place = 0;
    struct hg_survivor *items = malloc(count * sizeof(*items));
    if (!items) return HG_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        items[i] = (struct hg_survivor){hg_address(all->graph, i), i, i % 2, 0, 0, 0};
    struct hg_survivors survivors = {items, count, &place, 1, 2};
    struct hg_held_ways found;
    enum hg_status status = hg_held_ways_find(all->graph, &all->parents, &survivors, 3, task,
                                              &found);
    for (size_t i = 0; status == HG_OK && i < found.count; i++)
        *sum = sum_number(sum_number(*sum, found.ways[i].example), found.bytes[2 * i]);
    for (int by = 0; status == HG_OK && by < HG_HELD_BY_ALL; by++)
        *sum = sum_number(*sum, found.rest[by].bytes);
    hg_held_ways_free(&found);
    free(items);
    return status;
}

static enum hg_status
ask_growth(const struct hg_graph *first, const struct hg_graph *second, struct hg_task *task,
           uint64_t *sum) {
    static const struct hg_rules rules = {4, 10, 10, 4, 2, 8, 2, 256, 64, 1024};
    struct hg_growth growth;
    struct hg_leaks leaks = {0};
    struct hg_leak_names names[HG_MAX_NAMES];
    uint32_t found;
    enum hg_status status = hg_growth_init(&growth, &rules);
    if (status != HG_OK) return status;
    const struct hg_growth_source sources[] = {{.graph = first}, {.graph = second}};
    status = hg_growth_add(&growth, sources, 2, task);
    if (status == HG_OK) status = hg_leaks_find(&growth, task, &leaks);
    if (status == HG_OK) status = hg_leaks_names(&growth, names, &found);
    if (status == HG_OK) *sum = sum_number(sum_number(*sum, growth.trails.count), found);
    for (uint32_t i = 0; status == HG_OK && i < leaks.leaks; i++) {
        *sum = sum_number(sum_number(*sum, leaks.leak[i].growth), leaks.leak[i].retained[1]);
    }
    hg_leaks_free(&leaks);
    hg_growth_free(&growth);
    return status;
}

/* All parts, by two threads: which of them meets the refusal differs from run to run. */
static enum hg_status
ask_parts_at_once(const char *path, struct hg_task *task, uint64_t *sum) {
    struct hg_analysis all = {0};
    enum hg_status status = hg_identify(path, task, &all.identity);
    if (status == HG_OK) status = load(path, task, &all.graph);
    if (status == HG_OK) status = hg_analysis_need_all(&all, task);
    if (status == HG_OK) *sum = sum_number(*sum, all.tree.reached);
    for (uint32_t node = 0; status == HG_OK && node < all.graph->nodes; node++)
        *sum = sum_number(*sum, hg_parent(&all.parents, node));
    hg_analysis_free(&all);
    return status;
}

/* Everything; what was answered, where all was. */
static enum hg_status
ask(char **paths, uint64_t *sum) {
    struct hg_task task = {0};
    struct hg_analysis all = {0};
    struct hg_graph *later = NULL;
    *sum = UINT64_C(0xcbf29ce484222325);
    enum hg_status status = hg_identify(paths[0], &task, &all.identity);
    if (status == HG_OK) status = load(paths[0], &task, &all.graph);
    if (status == HG_OK) *sum = sum_graph(all.graph, *sum);
    if (status == HG_OK) status = hg_analysis_need(&all, HG_PART_TREE, &task);
    if (status == HG_OK) status = hg_analysis_need(&all, HG_PART_PARENTS, &task);
    if (status == HG_OK) status = hg_analysis_need(&all, HG_PART_INVERSE, &task);
    if (status == HG_OK) status = hg_analysis_need(&all, HG_PART_KINDS, &task);
    if (status == HG_OK) status = hg_analysis_need(&all, HG_PART_OWN_WAYS, &task);
    if (status == HG_OK) status = ask_parts_at_once(paths[0], &task, sum);
    if (status == HG_OK) status = ask_tables(&all, &task, sum);
    if (status == HG_OK) status = ask_edges(&all, &task, sum);
    if (status == HG_OK) status = ask_objects(&all, &task, sum);
    if (status == HG_OK) status = ask_paths(&all, &task, sum);
    if (status == HG_OK) status = load(paths[1], &task, &later);
    if (status == HG_OK) *sum = sum_graph(later, *sum);
    if (status == HG_OK) status = ask_ways(&all, &task, sum);
    if (status == HG_OK) status = ask_held_ways(&all, &task, sum);
    if (status == HG_OK) status = ask_growth(all.graph, later, &task, sum);
    if (later) hg_graph_free(later);
    hg_analysis_free(&all);
    hg_chunks_release();
    return status;
}

int
main(int count, char **arguments) {
    uint64_t expected, sum, refused = 0;
    CHECK_EQUAL(3, (uint64_t)count);
    CHECK_EQUAL(HG_OK, ask(arguments + 1, &expected));
    bool reached = true;
    for (check_seed = 1; reached; check_seed++) {
        atomic_store(&left, (long)check_seed);
        enum hg_status status = ask(arguments + 1, &sum);
        reached = atomic_load(&left) == 0;
        atomic_store(&left, 0);
        if (status == HG_NO_MEMORY) refused++;
        else {
            CHECK_EQUAL(HG_OK, status);
            CHECK_EQUAL(expected, sum);
        }
    }
    printf("allocations=%llu\nrefused=%llu\n", (unsigned long long)check_seed - 2,
           (unsigned long long)refused);
    return 0;
}
