/* Place in the flow: see edge_groups.h. */
#include "tree/edge_groups.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/best.h"
#include "base/bytes.h"
#include "base/progress.h"
#include "base/slots.h"
#include "tree/class_key.h"

/* A group while its edges are being counted. */
struct entry {
    struct hg_edge_group group;
    uint64_t class; /* hg_class_key of its objects */
    uint32_t last;  /* the object that was counted last */
};

struct table {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    struct entry *entries;
    size_t count, room;
    struct hg_slots slots;
    uint64_t references;
};

static uint64_t
hash_of(uint64_t class, uint32_t name) {
    return hg_mix(class + 1, (uint64_t)name * 2 + HG_GOLDEN);
}

static uint64_t
hash_of_entry(const void *entries, uint32_t number) {
    const struct entry *entry = &((const struct entry *)entries)[number];
    return hash_of(entry->class, entry->group.name);
}

/* The slot of a group, or a free slot if there is no such group yet. */
static size_t
slot_of(const struct table *table, uint64_t class, uint32_t name) {
    const struct hg_slots *slots = &table->slots;
    size_t at = hg_slots_first(slots, hash_of(class, name));
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        const struct entry *entry = &table->entries[slots->slot[at] - 1];
        if (entry->class == class && entry->group.name == name) break;
    }
    return at;
}

static void
count_edge(const struct hg_tree *tree, struct entry *entry, uint32_t node) {
    struct hg_edge_group *group = &entry->group;
    group->references++;
    if (entry->last == node) return;
    entry->last = node;
    group->objects++;
    uint64_t size = hg_retained(tree, node), most = hg_retained(tree, group->example);
    if (size > most || (size == most && node < group->example)) group->example = node;
}

/* Counts an edge whose other end is `end.node`. Returns false if there is no memory. */
static bool
take(void *data, struct hg_referrer end) {
    struct table *table = data;
    bool grown = hg_grow(&table->entries, table->count, &table->room, 64, sizeof(struct entry)) &&
                 hg_slots_grow(&table->slots, table->count, 128, hash_of_entry, table->entries);
    if (!grown) return false;

    table->references++;
    uint64_t class = hg_class_key(table->graph, end.node);
    uint32_t name = hg_edge_without_key(end.name);
    size_t slot = slot_of(table, class, name);
    if (!table->slots.slot[slot]) {
        if (table->count == HG_MOST_EDGE_GROUPS) return true; // one of the others
        table->entries[table->count++] = (struct entry){
            .group = {.name = name, .example = end.node}, .class = class, .last = HG_NO_NODE};
        table->slots.slot[slot] = (uint32_t)table->count;
    }
    count_edge(table->tree, &table->entries[table->slots.slot[slot] - 1], end.node);
    return true;
}

/* Copies the groups with most edges. */
static enum hg_status
choose(const struct table *table, uint32_t limit, struct hg_edge_groups *groups) {
    struct hg_best best = {.room = limit};
    enum hg_status status = HG_OK;
    if (!table->count) return HG_OK;

    for (uint32_t i = 0; i < table->count && status == HG_OK; i++)
        if (!hg_best_offer(&best, table->entries[i].group.references, i)) status = HG_NO_MEMORY;
    hg_best_sort(&best);
    struct hg_edge_group *items = malloc((best.count + 1) * sizeof(*items));
    if (!items) status = HG_NO_MEMORY;
    for (size_t i = 0; i < best.count && status == HG_OK; i++)
        items[i] = table->entries[best.items[i].node].group;
    *groups = (struct hg_edge_groups){items, best.count, table->count, table->references};
    if (status != HG_OK) hg_edge_groups_free(groups);
    hg_best_free(&best);
    return status;
}

static enum hg_status
finish(struct table *table, enum hg_status status, uint32_t limit, struct hg_edge_groups *groups) {
    *groups = (struct hg_edge_groups){0};
    if (status == HG_OK) status = choose(table, limit, groups);
    free(table->entries);
    hg_slots_free(&table->slots);
    return status;
}

/* The kind that has the instances of a class and no other objects; NULL if there is none. */
static const struct hg_kind *
kind_of_instances(const struct hg_tree *tree, const struct hg_inverse *inverse,
                  const struct hg_kinds *kinds, uint32_t class) {
    uint32_t instances = hg_instances(inverse, class);
    for (uint32_t i = 0; instances && i < kinds->count; i++) {
        const struct hg_kind *kind = &kinds->kind[i];
        if (kind->key != class) continue;
        bool same = kind->direct == instances &&
                    kind->sums.count + kind->sums.unreachable == instances;
        // the largest one is known only if it retains anything: of those that do not, any may be
        bool known = kind->sums.largest != HG_NO_NODE && hg_retained(tree, kind->sums.largest);
        return same && known ? kind : NULL;
    }
    return NULL;
}

/* Takes all instances of a class, at once if what they are together is known. */
static enum hg_status
take_instances(struct table *table, const struct hg_inverse *inverse, const struct hg_kinds *kinds,
               uint32_t class, struct hg_task *task) {
    const struct hg_kind *kind = kinds ? kind_of_instances(table->tree, inverse, kinds, class)
                                       : NULL;
    if (!kind) return hg_each_instance(table->graph, inverse, class, task, take, table);
    uint32_t name = hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE);
    if (!take(table, (struct hg_referrer){kind->sums.largest, name})) return HG_NO_MEMORY;
    table->references = kind->direct;
    table->entries[0].group.references = table->entries[0].group.objects = kind->direct;
    return HG_OK;
}

enum hg_status
hg_group_referrers(const struct hg_graph *graph, const struct hg_tree *tree,
                   const struct hg_inverse *inverse, const struct hg_kinds *kinds, uint32_t node,
                   uint32_t limit, struct hg_task *task, struct hg_edge_groups *groups) {
    struct table table = {.graph = graph, .tree = tree};
    enum hg_status status = take_instances(&table, inverse, kinds, node, task);
    if (status == HG_OK) status = hg_each_referrer(graph, inverse, node, task, take, &table);
    return finish(&table, status, limit, groups);
}

static enum hg_status
take_references(struct table *table, uint32_t node, struct hg_task *task) {
    const struct hg_graph *graph = table->graph;
    uint32_t class = hg_class(graph, node), first = hg_first(graph, node);
    uint32_t class_edge = hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE);
    bool fits = class == HG_NO_NODE || take(table, (struct hg_referrer){class, class_edge});
    hg_phase(task, "references", hg_first(graph, node + 1) - first);
    for (uint32_t edge = first, end = hg_first(graph, node + 1); edge < end && fits; edge++) {
        if (!hg_step(task, edge - first)) return HG_STOPPED;
        fits = take(table, (struct hg_referrer){hg_target(graph, edge), hg_name(graph, edge)});
    }
    return fits ? HG_OK : HG_NO_MEMORY;
}

enum hg_status
hg_group_references(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t node,
                    uint32_t limit, struct hg_task *task, struct hg_edge_groups *groups) {
    struct table table = {.graph = graph, .tree = tree};
    enum hg_status status = take_references(&table, node, task);
    status = finish(&table, status, limit, groups);
    for (size_t i = 0; i < groups->count; i++) groups->items[i].objects = 0;
    return status;
}

void
hg_edge_groups_free(struct hg_edge_groups *groups) {
    free(groups->items);
    *groups = (struct hg_edge_groups){0};
}
