/* Place in the flow: see procs.h. */
#include "search/procs.h"

#include <stdlib.h>

#include "base/best.h"
#include "base/progress.h"

/* -- a proc and its code -- */

/* Knows procs by the number of their word, so that no text is compared for each object. */
struct looking {
    const struct hg_graph *graph;
    uint32_t word; /* the label of procs; HG_NO_STRING before the first one */
};

static bool
is_proc(struct looking *looking, uint32_t node) {
    const struct hg_graph *graph = looking->graph;
    if (hg_type(graph, node) != HG_T_DATA) return false;
    uint32_t label = hg_label(graph, node);
    if (looking->word != HG_NO_STRING) return label == looking->word;
    if (!hg_string_is(graph, label, "proc")) return false;
    looking->word = label;
    return true;
}

/* The target of a field, or HG_NO_NODE. */
static uint32_t
field_of(const struct hg_graph *graph, uint32_t node, const char *field) {
    uint64_t end = hg_first(graph, node + 1);
    for (uint64_t edge = hg_first(graph, node); edge < end; edge++) {
        uint32_t name = hg_name(graph, edge);
        if (hg_edge_kind(name) != HG_E_FIELD) continue;
        if (hg_string_is(graph, hg_edge_payload(name), field)) return hg_target(graph, edge);
    }
    return HG_NO_NODE;
}

static bool
is_imemo(const struct hg_graph *graph, uint32_t node, const char *kind) {
    return node != HG_NO_NODE && hg_type(graph, node) == HG_T_IMEMO &&
           hg_string_is(graph, hg_label(graph, node), kind);
}

/* The code of a proc, or HG_NO_NODE: method(:name).to_proc has a function with the Method. */
static uint32_t
code_of(const struct hg_graph *graph, uint32_t proc) {
    uint32_t code = field_of(graph, proc, "iseq");
    if (code == HG_NO_NODE) {
        static const char *const WAY[] = {"ifunc", "data", "entry", "iseq"};
        code = proc;
        for (size_t i = 0; i < sizeof(WAY) / sizeof(*WAY) && code != HG_NO_NODE; i++)
            code = field_of(graph, code, WAY[i]);
    }
    return is_imemo(graph, code, "iseq") ? code : HG_NO_NODE;
}

/* -- questions -- */

enum hg_status
hg_proc_codes(const struct hg_graph *graph, const struct hg_tree *tree, struct hg_task *task,
              struct hg_numbers *codes, uint64_t *procs) {
    struct looking looking = {graph, HG_NO_STRING};
    uint64_t *seen = hg_array(graph->nodes / 64 + 1, sizeof(*seen));
    enum hg_status status = seen ? HG_OK : HG_NO_MEMORY;
    *procs = 0;
    hg_phase(task, "procs", graph->objects);
    for (uint32_t node = 0; status == HG_OK && node < graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) status = HG_STOPPED;
        if (!is_proc(&looking, node) || (tree && !hg_is_reachable(tree, node))) continue;
        ++*procs;
        uint32_t code = code_of(graph, node);
        if (code != HG_NO_NODE) seen[code / 64] |= UINT64_C(1) << code % 64;
    }
    for (uint32_t node = 0; status == HG_OK && node < graph->objects; node++)
        if (seen[node / 64] >> node % 64 & 1) hg_numbers_add(codes, node);
    hg_array_free(seen);
    return status == HG_OK && codes->failed ? HG_NO_MEMORY : status;
}

/* Where a code is among codes in ascending order; `count` if it is not among them. */
static size_t
find_code(const uint32_t *codes, size_t count, uint32_t code) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (codes[middle] < code) low = middle + 1;
        else high = middle;
    }
    return low < count && codes[low] == code ? low : count;
}

enum hg_status
hg_procs_of(const struct hg_graph *graph, const uint32_t *codes, size_t count, struct hg_task *task,
            struct hg_numbers *procs) {
    struct looking looking = {graph, HG_NO_STRING};
    hg_phase(task, "procs", graph->objects);
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) return HG_STOPPED;
        if (!is_proc(&looking, node)) continue;
        if (find_code(codes, count, code_of(graph, node)) < count) hg_numbers_add(procs, node);
    }
    return procs->failed ? HG_NO_MEMORY : HG_OK;
}

/* -- groups -- */

/* A live proc in a group. */
struct member {
    uint32_t group, at; /* its position in the tree */
};

struct members {
    struct member *items;
    size_t count, room;
};

static int
by_group(const void *left, const void *right) {
    const struct member *a = left, *b = right;
    if (a->group != b->group) return a->group < b->group ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int
by_node(const void *left, const void *right) {
    const uint32_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Finds all members, those of one group beside each other in the order of their positions. */
static enum hg_status
gather(const struct hg_graph *graph, const struct hg_tree *tree, const uint32_t *codes,
       const uint32_t *groups, size_t count, struct hg_task *task, struct members *members) {
    struct looking looking = {graph, HG_NO_STRING};
    hg_phase(task, "procs", graph->objects);
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) return HG_STOPPED;
        if (!is_proc(&looking, node) || !hg_is_reachable(tree, node)) continue;
        size_t code = find_code(codes, count, code_of(graph, node));
        if (code == count) continue;
        if (!hg_grow(&members->items, members->count, &members->room, 256, sizeof(struct member)))
            return HG_NO_MEMORY;
        members->items[members->count++] = (struct member){groups[code], hg_position(tree, node)};
    }
    if (members->count) qsort(members->items, members->count, sizeof(struct member), by_group);
    return HG_OK;
}

static size_t
run_end(const struct members *members, size_t from) {
    size_t to = from + 1;
    while (to < members->count && members->items[to].group == members->items[from].group) to++;
    return to;
}

/* Sums up one group. What lies below a member of it is counted with that one. */
static struct hg_proc_group
sum_up(const struct hg_graph *graph, const struct hg_tree *tree, const struct members *members,
       size_t from, size_t to) {
    struct hg_proc_group sum = {.group = members->items[from].group,
                                .count = (uint32_t)(to - from)};
    uint32_t covered = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t at = members->items[i].at;
        sum.bytes += hg_memsize(graph, hg_tree_node(tree, at));
        if (at < covered) continue;
        covered = hg_end(tree, at);
        sum.retained += hg_retained_at(tree, at);
    }
    return sum;
}

/* Finds the groups with most members; a group is known by where it begins. */
static bool
rank(const struct members *members, struct hg_best *best, struct hg_proc_groups *found) {
    for (size_t from = 0, to; from < members->count; from = to) {
        to = run_end(members, from);
        found->groups++;
        if (!hg_best_offer(best, to - from, (uint32_t)from)) return false;
    }
    found->members = members->count;
    hg_best_sort(best);
    return true;
}

/* Gives out the groups that were chosen. */
static bool
give_out(const struct hg_graph *graph, const struct hg_tree *tree, const struct members *members,
         const struct hg_best *best, struct hg_proc_groups *found) {
    size_t at = 0;
    found->items = malloc((best->count + 1) * sizeof(*found->items));
    found->procs = malloc((members->count + 1) * sizeof(*found->procs));
    if (!found->items || !found->procs) return false;
    if (!members->count) return true;
    for (size_t i = 0; i < best->count; i++) {
        size_t from = best->items[i].node, to = run_end(members, from);
        struct hg_proc_group *group = &found->items[found->count++];
        *group = sum_up(graph, tree, members, from, to);
        group->first = at;
        for (size_t k = from; k < to; k++)
            found->procs[at++] = hg_tree_node(tree, members->items[k].at);
        qsort(found->procs + group->first, group->count, sizeof(*found->procs), by_node);
    }
    return true;
}

enum hg_status
hg_group_procs(const struct hg_graph *graph, const struct hg_tree *tree, const uint32_t *codes,
               const uint32_t *groups, size_t count, uint32_t limit, struct hg_task *task,
               struct hg_proc_groups *found) {
    struct members members = {0};
    struct hg_best best = {.room = limit};
    *found = (struct hg_proc_groups){0};
    enum hg_status status = gather(graph, tree, codes, groups, count, task, &members);
    if (status == HG_OK &&
        !(rank(&members, &best, found) && give_out(graph, tree, &members, &best, found)))
        status = HG_NO_MEMORY;
    if (status != HG_OK) hg_proc_groups_free(found);
    hg_best_free(&best);
    free(members.items);
    return status;
}

void
hg_proc_groups_free(struct hg_proc_groups *groups) {
    free(groups->items);
    free(groups->procs);
    *groups = (struct hg_proc_groups){0};
}
