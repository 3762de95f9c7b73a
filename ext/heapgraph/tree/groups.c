/*
 * Place in the flow: see groups.h. One pass goes over the positions of the tree, another one over
 * the objects that are not in it.
 */
#include "tree/groups.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/progress.h"
#include "base/slots.h"
#include "tree/class_key.h"
#include "tree/kinds.h"

/* A group while its objects are being counted. */
struct entry {
    struct hg_group group;
    uint64_t key;     /* what the objects have in common: see key_of */
    uint32_t covered; /* where the run of its last outermost member ends */
};

struct table {
    struct entry *entries;
    size_t count, room;
    struct hg_slots slots;
};

struct grouping {
    const struct hg_graph *graph;
    const struct hg_tree *tree; /* NULL if all objects count as reachable */
    const struct hg_group_query *query;
    struct hg_task *task;
    struct table table;
};

/* What the objects of one group have in common, as one number. */
static uint64_t
key_of(const struct grouping *grouping, uint32_t node) {
    const struct hg_graph *graph = grouping->graph;
    switch (grouping->query->by) {
    case HG_BY_TYPE:
        return hg_type(graph, node);
    case HG_BY_LOCATION:
        return hg_has_column(&graph->location) ? hg_location(graph, node) : HG_NO_STRING;
    case HG_BY_GENERATION:
        return hg_has_column(&graph->generation) ? hg_generation(graph, node) : UINT32_MAX;
    case HG_BY_CLASS:
    default:
        return hg_class_key(graph, node);
    }
}

static void
describe(const struct grouping *grouping, uint64_t key, uint32_t node, struct hg_group *group) {
    bool by_class = grouping->query->by == HG_BY_CLASS;
    *group = (struct hg_group){
        .key = by_class ? hg_key_class(key) : (uint32_t)key,
        .label = by_class ? hg_key_label(key) : HG_NO_STRING,
        .type = hg_type(grouping->graph, node),
        .largest = HG_NO_NODE,
    };
}

static uint64_t
hash_of_entry(const void *entries, uint32_t number) {
    return hg_spread(((const struct entry *)entries)[number].key);
}

/* Makes sure that there is room for one group more. */
static inline bool
table_grow(struct table *table) {
    return hg_grow(&table->entries, table->count, &table->room, 256, sizeof(*table->entries)) &&
           hg_slots_grow(&table->slots, table->count, 1024, hash_of_entry, table->entries);
}

static void
table_free(struct table *table) {
    free(table->entries);
    hg_slots_free(&table->slots);
    *table = (struct table){0};
}

/* The group of a node, valid until the next call. NULL if there is no memory. */
static inline struct entry *
group_of(struct grouping *grouping, uint32_t node) {
    struct table *table = &grouping->table;
    if (!table_grow(table)) return NULL;
    uint64_t key = key_of(grouping, node);
    struct hg_slots *slots = &table->slots;
    size_t at = hg_slots_first(slots, hg_spread(key));
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        struct entry *entry = &table->entries[slots->slot[at] - 1];
        if (entry->key == key) return entry;
    }
    struct entry *entry = &table->entries[table->count];
    *entry = (struct entry){.key = key};
    describe(grouping, key, node, &entry->group);
    slots->slot[at] = (uint32_t)++table->count;
    return entry;
}

/* The size by which the largest object of a group is chosen. */
static uint64_t
size_of(const struct grouping *grouping, uint32_t node) {
    return grouping->tree ? hg_retained(grouping->tree, node) : hg_memsize(grouping->graph, node);
}

static void
count_object(const struct grouping *grouping, struct hg_group *group, uint32_t node) {
    group->count++;
    group->bytes += hg_memsize(grouping->graph, node);
    if (hg_flags(grouping->graph, node) & HG_N_OLD) group->old++;
    if (group->largest == HG_NO_NODE) {
        group->largest = node;
        return;
    }
    uint64_t size = size_of(grouping, node), most = size_of(grouping, group->largest);
    if (size > most || (size == most && node < group->largest)) group->largest = node;
}

/*
 * Groups the objects at positions from `at` to `end`. A member of a group that lies below no other
 * member adds all that it retains.
 */
static enum hg_status
group_positions(struct grouping *grouping, uint32_t at, uint32_t end) {
    const struct hg_tree *tree = grouping->tree;
    const struct hg_group_query *query = grouping->query;
    uint64_t steps = 0;
    hg_phase(grouping->task, "groups", end - at);
    for (uint32_t begin = at, next; at < end; at = next) {
        uint32_t node = hg_tree_node(tree, at);
        next = at + 1;
        if (steps++ % HG_STRIDE == 0 && !hg_step(grouping->task, at - begin)) return HG_STOPPED;
        if (node >= grouping->graph->objects) continue;
        if (query->through && hg_u8(query->through, node)) continue;
        struct entry *entry = group_of(grouping, node);
        if (!entry) return HG_NO_MEMORY;

        count_object(grouping, &entry->group, node);
        if (query->outermost) next = hg_end(tree, at);
        if (at < entry->covered) continue;
        entry->covered = hg_end(tree, at);
        entry->group.retained += hg_retained_at(tree, at);
    }
    return HG_OK;
}

/* Groups the objects that are not in the tree: all of them if there is no tree. */
static enum hg_status
group_rest(struct grouping *grouping) {
    const struct hg_graph *graph = grouping->graph;
    hg_phase(grouping->task, "groups", graph->objects);
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(grouping->task, node)) return HG_STOPPED;
        if (grouping->tree && hg_is_reachable(grouping->tree, node)) continue;
        struct entry *entry = group_of(grouping, node);
        if (!entry) return HG_NO_MEMORY;

        if (!grouping->tree) {
            count_object(grouping, &entry->group, node);
            continue;
        }
        entry->group.unreachable++;
        entry->group.unreachable_bytes += hg_memsize(graph, node);
    }
    return HG_OK;
}

/* The groups of all objects by class, which have been counted. */
static enum hg_status
take_kinds(struct grouping *grouping) {
    const struct hg_kinds *kinds = grouping->query->kinds;
    struct table *table = &grouping->table;
    table->entries = malloc(((size_t)kinds->count + 1) * sizeof(*table->entries));
    if (!table->entries) return HG_NO_MEMORY;
    for (uint32_t i = 0; i < kinds->count; i++) {
        const struct hg_kind *kind = &kinds->kind[i];
        if (kind->sums.count || kind->sums.unreachable) // none of roots
            table->entries[table->count++] = (struct entry){.group = kind->sums, .key = kind->key};
    }
    return HG_OK;
}

static enum hg_status
group_all(struct grouping *grouping) {
    const struct hg_group_query *query = grouping->query;
    enum hg_status status = HG_OK;
    if (query->kinds && query->by == HG_BY_CLASS && !query->outermost) return take_kinds(grouping);
    if (grouping->tree) status = group_positions(grouping, 0, grouping->tree->reached);
    return status == HG_OK && !query->outermost ? group_rest(grouping) : status;
}

static int
descending(uint64_t a, uint64_t b) {
    return a > b ? -1 : a < b;
}

static int
by_retained(const void *left, const void *right) {
    const struct hg_group *a = left, *b = right;
    int order = descending(a->retained, b->retained);
    if (!order) order = descending(a->bytes, b->bytes);
    if (!order) order = descending(a->count, b->count);
    if (!order) order = descending(b->key, a->key);
    if (!order) order = descending(b->type, a->type);
    return order ? order : descending(b->label, a->label);
}

static int
by_bytes(const void *left, const void *right) {
    const struct hg_group *a = left, *b = right;
    int order = descending(a->bytes, b->bytes);
    return order ? order : by_retained(left, right);
}

static int
by_count(const void *left, const void *right) {
    const struct hg_group *a = left, *b = right;
    int order = descending(a->count, b->count);
    return order ? order : by_retained(left, right);
}

static void
add_to_rest(struct hg_group *rest, const struct hg_group *group, bool adds_up) {
    if (adds_up) rest->retained += group->retained;
    rest->count += group->count;
    rest->bytes += group->bytes;
    rest->unreachable += group->unreachable;
    rest->unreachable_bytes += group->unreachable_bytes;
}

static enum hg_status
hand_over(const struct grouping *grouping, struct hg_groups *groups) {
    int (*const orders[])(const void *, const void *) = {by_retained, by_bytes, by_count};
    const struct table *table = &grouping->table;
    const struct hg_group_query *query = grouping->query;
    groups->items = malloc((table->count ? table->count : 1) * sizeof(*groups->items));
    if (!groups->items) return HG_NO_MEMORY;

    for (size_t i = 0; i < table->count; i++) groups->items[i] = table->entries[i].group;
    qsort(groups->items, table->count, sizeof(*groups->items), orders[query->sort]);
    groups->total = table->count;
    groups->count = table->count < query->limit ? table->count : query->limit;
    groups->rest.largest = HG_NO_NODE;
    for (size_t i = groups->count; i < table->count; i++)
        add_to_rest(&groups->rest, &groups->items[i], query->outermost);
    return HG_OK;
}

enum hg_status
hg_group_objects(const struct hg_graph *graph, const struct hg_tree *tree,
                 const struct hg_group_query *query, struct hg_task *task,
                 struct hg_groups *groups) {
    struct grouping grouping = {.graph = graph, .tree = tree, .query = query, .task = task};
    enum hg_status status = HG_OK;
    *groups = (struct hg_groups){0};
    if (query->below != HG_NO_NODE) {
        uint32_t at = tree ? hg_position(tree, query->below) : HG_NO_NODE;
        if (at != HG_NO_NODE) status = group_positions(&grouping, at + 1, hg_end(tree, at));
    }
    else status = group_all(&grouping);
    if (status == HG_OK) status = hand_over(&grouping, groups);
    table_free(&grouping.table);
    return status;
}

void
hg_groups_free(struct hg_groups *groups) {
    free(groups->items);
    *groups = (struct hg_groups){0};
}
