/* Place in the flow: see groups.h. One pass over the positions of the tree, one over what is not in it. */
#include "tree/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/progress.h"

struct table {
    struct hg_group *groups;
    uint32_t *covered; /* by group: where the run of its outermost member ends */
    uint64_t *keys;    /* by group: what it was found by */
    size_t count, room;
    uint32_t *slots; /* open addressing by key: group + 1 */
    size_t slot_count;
};

struct grouping {
    const struct hg_graph *graph;
    const struct hg_tree *tree; /* NULL: everything is reachable */
    enum hg_group_by by;
    struct hg_task *task;
    struct table table;
};

/* What objects of one group have in common, as one word. */
static uint64_t
key_of(const struct grouping *grouping, uint32_t node) {
    const struct hg_graph *graph = grouping->graph;
    uint32_t class;
    switch (grouping->by) {
    case HG_BY_TYPE:
        return graph->type[node];
    case HG_BY_LOCATION:
        return graph->location ? graph->location[node] : HG_NO_STRING;
    case HG_BY_GENERATION:
        return graph->generation ? graph->generation[node] : UINT32_MAX;
    case HG_BY_CLASS:
    default:
        class = hg_real_class(graph, node);
        if (class != HG_NO_NODE) return class;
        /* The label of a class is its name, that of others is their kind. */
        bool kind = graph->type[node] == HG_T_DATA || graph->type[node] == HG_T_IMEMO;
        return ((uint64_t)graph->type[node] + 1) << 32 | (kind ? graph->label[node] : HG_NO_STRING);
    }
}

static void
describe(const struct grouping *grouping, uint64_t key, uint32_t node, struct hg_group *group) {
    bool without_class = grouping->by == HG_BY_CLASS && key >> 32;
    *group = (struct hg_group){
        .key = without_class ? HG_NO_NODE : (uint32_t)key,
        .label = without_class ? (uint32_t)key : HG_NO_STRING,
        .type = grouping->graph->type[node],
        .largest = HG_NO_NODE,
    };
}

static size_t
slot_of(const struct table *table, uint64_t key) {
    size_t slot = hg_spread(key, table->slot_count);
    while (table->slots[slot] && table->keys[table->slots[slot] - 1] != key) {
        slot = (slot + 1) & (table->slot_count - 1);
    }
    return slot;
}

static void *
grown(void *array, size_t room, size_t size) {
    void *larger = hg_array(2 * room, size);
    if (larger && array) memcpy(larger, array, room * size);
    return larger;
}

/* Makes room for twice as many groups. */
static bool
table_grow(struct table *table) {
    size_t room = table->room, slots = 8 * room;
    struct table old = *table;
    table->groups = grown(old.groups, room, sizeof(*table->groups));
    table->covered = grown(old.covered, room, sizeof(*table->covered));
    table->keys = grown(old.keys, room, sizeof(*table->keys));
    table->slots = hg_array(slots, sizeof(*table->slots));
    hg_array_free(old.groups);
    hg_array_free(old.covered);
    hg_array_free(old.keys);
    hg_array_free(old.slots);
    if (!table->groups || !table->covered || !table->keys || !table->slots) return false;

    table->room = 2 * room;
    table->slot_count = slots;
    for (size_t i = 0; i < table->count; i++) {
        table->slots[slot_of(table, table->keys[i])] = (uint32_t)i + 1;
    }
    return true;
}

static void
table_free(struct table *table) {
    hg_array_free(table->groups);
    hg_array_free(table->covered);
    hg_array_free(table->keys);
    hg_array_free(table->slots);
    *table = (struct table){0};
}

static bool
table_begin(struct table *table) {
    *table = (struct table){.room = 128};
    return table_grow(table);
}

/* The number of the group of a node; HG_NO_NODE without memory. */
static inline uint32_t
group_of(struct grouping *grouping, uint32_t node) {
    struct table *table = &grouping->table;
    uint64_t key = key_of(grouping, node);
    size_t slot = slot_of(table, key);
    if (table->slots[slot]) return table->slots[slot] - 1;

    if (table->count == table->room) {
        if (!table_grow(table)) return HG_NO_NODE;
        slot = slot_of(table, key);
    }
    uint32_t number = (uint32_t)table->count++;
    table->keys[number] = key;
    table->slots[slot] = number + 1;
    describe(grouping, key, node, &table->groups[number]);
    return number;
}

/* What makes an object the largest of its group. */
static uint64_t
size_of(const struct grouping *grouping, uint32_t node) {
    return grouping->tree ? hg_retained(grouping->tree, node) : hg_memsize(grouping->graph, node);
}

static void
count_object(const struct grouping *grouping, struct hg_group *group, uint32_t node) {
    group->count++;
    group->bytes += hg_memsize(grouping->graph, node);
    if (group->largest == HG_NO_NODE) {
        group->largest = node;
        return;
    }
    uint64_t size = size_of(grouping, node), most = size_of(grouping, group->largest);
    if (size > most || (size == most && node < group->largest)) group->largest = node;
}

/* Objects at positions from `at` to `end`: an outermost member adds all that it dominates. */
static enum hg_status
group_positions(struct grouping *grouping, uint32_t at, uint32_t end) {
    const struct hg_tree *tree = grouping->tree;
    hg_phase(grouping->task, "groups", end - at);
    for (uint32_t begin = at; at < end; at++) {
        uint32_t node = tree->node[at];
        if ((at - begin) % HG_STRIDE == 0 && !hg_step(grouping->task, at - begin)) {
            return HG_STOPPED;
        }
        if (node >= grouping->graph->objects) continue;
        uint32_t number = group_of(grouping, node);
        if (number == HG_NO_NODE) return HG_NO_MEMORY;

        struct hg_group *group = &grouping->table.groups[number];
        count_object(grouping, group, node);
        if (at < grouping->table.covered[number]) continue;
        grouping->table.covered[number] = tree->end[at];
        group->retained += tree->retained[at];
    }
    return HG_OK;
}

/* Objects that no position has: all of them without a tree. */
static enum hg_status
group_rest(struct grouping *grouping) {
    const struct hg_graph *graph = grouping->graph;
    hg_phase(grouping->task, "groups", graph->objects);
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(grouping->task, node)) return HG_STOPPED;
        if (grouping->tree && hg_is_reachable(grouping->tree, node)) continue;
        uint32_t number = group_of(grouping, node);
        if (number == HG_NO_NODE) return HG_NO_MEMORY;

        struct hg_group *group = &grouping->table.groups[number];
        if (!grouping->tree) {
            count_object(grouping, group, node);
            continue;
        }
        group->unreachable++;
        group->unreachable_bytes += hg_memsize(graph, node);
    }
    return HG_OK;
}

static int
descending(uint64_t a, uint64_t b) {
    return a > b ? -1 : a < b;
}

static int
compare(const void *left, const void *right) {
    const struct hg_group *a = left, *b = right;
    int order = descending(a->retained, b->retained);
    if (!order) order = descending(a->bytes, b->bytes);
    if (!order) order = descending(a->count, b->count);
    if (!order) order = descending(b->key, a->key);
    if (!order) order = descending(b->type, a->type);
    return order ? order : descending(b->label, a->label);
}

/* Copies the groups, so that free() can give them back. */
static enum hg_status
hand_over(const struct table *table, struct hg_group **groups, size_t *count) {
    *groups = malloc((table->count ? table->count : 1) * sizeof(**groups));
    if (!*groups) return HG_NO_MEMORY;

    memcpy(*groups, table->groups, table->count * sizeof(**groups));
    qsort(*groups, table->count, sizeof(**groups), compare);
    *count = table->count;
    return HG_OK;
}

enum hg_status
hg_groups(const struct hg_graph *graph, const struct hg_tree *tree, enum hg_group_by by,
          uint32_t below, struct hg_task *task, struct hg_group **groups, size_t *count) {
    struct grouping grouping = {.graph = graph, .tree = tree, .by = by, .task = task};
    enum hg_status status = HG_OK;
    *groups = NULL;
    *count = 0;
    if (!table_begin(&grouping.table)) status = HG_NO_MEMORY;
    else if (below != HG_NO_NODE) {
        uint32_t at = tree ? tree->position[below] : HG_NO_NODE;
        if (at != HG_NO_NODE) status = group_positions(&grouping, at + 1, tree->end[at]);
    }
    else {
        if (tree) status = group_positions(&grouping, 0, tree->reached);
        if (status == HG_OK) status = group_rest(&grouping);
    }
    if (status == HG_OK) status = hand_over(&grouping.table, groups, count);
    table_free(&grouping.table);
    return status;
}
