/*
 * Makes a graph of records; see assemble.h. There are three steps. All threads work on each of
 * them, one thread for each recorder:
 *
 *   number  places become nodes; if an object has several lines, the first of them claims it
 *   count   how many edges a node has; numbering does that too where no object has several lines
 *   fill    nodes and edges are written to their arrays, and their records are given back meanwhile
 */
#include "graph/assemble.h"

#include "base/array.h"
#include "records/shapes.h"
#include "graph/entries.h"

#include <stdlib.h>

/* What belongs to a graph and is freed with it. */
struct owned {
    void *array[16];
    int arrays;
    struct hg_strings strings;
    struct hg_index index;
};

static void
free_owned(void *data) {
    struct owned *owned = data;
    for (int i = 0; i < owned->arrays; i++) hg_array_free(owned->array[i]);
    free((void *)owned->strings.offset);
    free((void *)owned->strings.bytes);
    free((void *)owned->index.key);
    free((void *)owned->index.base);
    free((void *)owned->index.bits);
    free(owned);
}

/* The graph while it is made: the same arrays, but writable. */
struct assembly {
    struct hg_recorder *recorders;
    unsigned threads;
    const struct hg_units *units;
    struct hg_task *task;
    struct owned *owned;
    struct hg_graph *graph;

    const uint32_t *root; // label of the root that is made; NULL if the dump has roots
    uint32_t objects, roots;
    uint32_t *root_line; // in ascending order
    uint32_t *first, *target, *name, *class_node, *memsize, *label, *line, *location, *generation;
    uint8_t *type, *flags;
    _Atomic uint64_t duplicates;
};

/* Keeps an array for the graph, or NULL if there is no memory. */
static void *
own(struct assembly *a, void *array) {
    struct owned *owned = a->owned;
    if (array) owned->array[owned->arrays++] = array;
    return array;
}

/* An array to which every element is written: it is touched first by the threads that do that. */
static void *
array(struct assembly *a, size_t count, size_t size) {
    return own(a, hg_array_raw(count, size));
}

static int
by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t
find(const uint32_t *sorted, uint32_t count, uint32_t value) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sorted[middle] < value) low = middle + 1;
        else high = middle;
    }
    return low;
}

/*
 * Finds the lines of all roots: roots have no address, so they are numbered in the order of their
 * lines.
 */
static bool
sort_roots(struct assembly *a) {
    uint64_t roots = 0;
    for (unsigned i = 0; i < a->threads; i++) roots += a->recorders[i].root_lines.count;
    a->root_line = malloc((roots + 1) * sizeof *a->root_line);
    if (!a->root_line) return false;
    for (unsigned i = 0; i < a->threads; i++) {
        const struct hg_numbers *lines = &a->recorders[i].root_lines;
        for (size_t n = 0; n < lines->count; n++) a->root_line[a->roots++] = lines->items[n];
    }
    qsort(a->root_line, a->roots, sizeof *a->root_line, by_number);
    if (a->root) a->roots = 1;
    return true;
}

/* Returns whether no other line has claimed the node before. */
static bool
claim(struct assembly *a, uint32_t node, uint32_t line) {
    _Atomic uint32_t *at = (_Atomic uint32_t *)&a->line[node];
    uint32_t before = atomic_load_explicit(at, memory_order_relaxed);
    for (;;) {
        uint32_t first = line < before ? line : before;
        if (atomic_compare_exchange_weak_explicit(at, &before, first, memory_order_relaxed,
                                                  memory_order_relaxed))
            break;
    }
    if (before != HG_NO_LINE) a->duplicates++;
    return before == HG_NO_LINE;
}

/* Whether the work goes on: looks at the task once in many steps. */
static bool
goes_on(struct assembly *a, uint64_t *steps) {
    enum { MANY = 1 << 14 };
    return ++*steps % MANY != 0 || !a->task->stop;
}

static void
number_nodes(void *data, unsigned thread) {
    struct assembly *a = data;
    struct hg_list_reader nodes = {.list = &a->recorders[thread].nodes};
    struct hg_node_record node;
    uint32_t *place;
    for (uint64_t steps = 0; goes_on(a, &steps) && hg_unpack_node(&nodes, &node, &place);) {
        *place = node.type == HG_T_ROOT ? a->objects + find(a->root_line, a->roots, node.line)
                                        : hg_place_node(a->units, node.place);
        if (claim(a, *place, node.line)) a->first[*place] = node.edges;
    }
}

static void
count_edges(void *data, unsigned thread) {
    struct assembly *a = data;
    struct hg_list_reader nodes = {.list = &a->recorders[thread].nodes};
    struct hg_node_record node;
    uint32_t *place;
    for (uint64_t steps = 0; goes_on(a, &steps) && hg_unpack_node(&nodes, &node, &place);) {
        if (a->line[node.place] == node.line) a->first[node.place] = node.edges;
    }
}

/*
 * Turns the number of edges of each node into the place where its edges begin. Returns false if
 * there are too many edges.
 */
static bool
place_edges(struct assembly *a, uint64_t *edges) {
    uint32_t nodes = a->objects + a->roots;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t count = a->first[i];
        a->first[i] = (uint32_t)sum;
        sum += count;
        if (sum > UINT32_MAX) return false;
    }
    a->first[nodes] = (uint32_t)sum; // where the edges of the virtual root begin
    sum += a->roots;
    if (sum > UINT32_MAX) return false;
    a->first[nodes + 1] = (uint32_t)sum;
    *edges = sum;
    return true;
}

static void
fill_edges(struct assembly *a, const struct hg_node_record *node, struct hg_list_reader *edges,
           bool wanted) {
    uint32_t to = a->first[node->place], target = 0;
    for (uint32_t i = 0; i < node->edges; i++) {
        const struct hg_edge_record *edge = hg_list_next(edges, sizeof *edge);
        if (!wanted) continue;
        uint32_t key = target, name = edge->name;
        target = hg_place_node(a->units, edge->target);
        if (hg_edge_kind(name) == HG_E_VALUE_AT) name = hg_edge_name(HG_E_VALUE_AT, key);
        a->target[to] = target;
        a->name[to++] = name;
    }
}

static void
fill(void *data, unsigned thread) {
    struct assembly *a = data;
    struct hg_recorder *recorder = &a->recorders[thread];
    struct hg_list_reader nodes = {.list = &recorder->nodes, .consume = true};
    struct hg_list_reader edges = {.list = &recorder->edges, .consume = true};
    struct hg_node_record record;
    uint32_t *place;
    for (uint64_t steps = 0; goes_on(a, &steps) && hg_unpack_node(&nodes, &record, &place);) {
        uint32_t node = record.place;
        bool first = a->line[node] == record.line;
        fill_edges(a, &record, &edges, first);
        if (!first) continue;
        a->type[node] = record.type;
        a->flags[node] = record.flags;
        a->memsize[node] = record.memsize;
        a->label[node] = record.label;
        a->class_node[node] = record.class == HG_NO_PLACE ? HG_NO_NODE
                                                          : hg_place_node(a->units, record.class);
    }
    hg_list_free(&recorder->nodes);
    hg_list_free(&recorder->edges);
}

static void
fill_missing(struct assembly *a) {
    for (uint32_t i = 0; i < a->objects; i++) {
        if (a->line[i] != HG_NO_LINE) continue;
        a->type[i] = HG_T_MISSING;
        a->flags[i] = 0;
        a->memsize[i] = 0;
        a->class_node[i] = HG_NO_NODE;
        a->label[i] = HG_NO_STRING;
        a->graph->account.missing++;
    }
    for (unsigned i = 0; i < a->threads; i++) {
        struct hg_list_reader names = {.list = &a->recorders[i].class_names};
        const struct hg_class_name_record *record;
        while ((record = hg_list_next(&names, sizeof *record))) {
            uint32_t node = hg_place_node(a->units, record->place);
            if (a->type[node] == HG_T_MISSING && a->label[node] == HG_NO_STRING)
                a->label[node] = record->name; // all instances give the same name
        }
    }
}

/* Makes the one root and its edges; there is room for them behind the edges of the objects. */
static enum hg_status
fill_made_root(struct assembly *a, uint64_t *edges) {
    uint32_t node = a->objects, at = a->first[node], count = 0;
    a->type[node] = HG_T_ROOT;
    a->flags[node] = 0;
    a->memsize[node] = 0;
    a->class_node[node] = HG_NO_NODE;
    a->label[node] = *a->root;
    struct hg_held_by held = {a->objects, a->first, a->target, a->name, a->class_node};
    enum hg_status status = hg_entries(&held, a->task, &a->target[at], &count);
    if (status != HG_OK) return status;
    for (uint32_t i = 0; i < count; i++)
        a->name[at + i] = hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE);
    a->first[node + 1] += count;
    a->first[node + 2] += count;
    *edges += count;
    return HG_OK;
}

static void
fill_virtual_root(struct assembly *a) {
    uint32_t node = a->objects + a->roots, to = a->first[node];
    for (uint32_t i = 0; i < a->roots; i++) {
        a->target[to + i] = a->objects + i;
        a->name[to + i] = hg_edge_name(HG_E_ROOT, HG_PAYLOAD_NONE);
    }
    a->type[node] = HG_T_VIRTUAL_ROOT;
    a->flags[node] = 0;
    a->memsize[node] = 0;
    a->class_node[node] = HG_NO_NODE;
    a->label[node] = HG_NO_STRING;
}

static bool
fill_allocations(struct assembly *a) {
    size_t nodes = (size_t)a->objects + a->roots + 1;
    for (unsigned i = 0; i < a->threads; i++) {
        struct hg_list_reader list = {.list = &a->recorders[i].allocations, .consume = true};
        const struct hg_allocation_record *record;
        while ((record = hg_list_next(&list, sizeof *record))) {
            if (!a->location) {
                a->location = array(a, nodes, sizeof *a->location);
                a->generation = array(a, nodes, sizeof *a->generation);
                if (!a->location || !a->generation) return false;
                memset(a->location, 0xff, nodes * sizeof *a->location);
                memset(a->generation, 0xff, nodes * sizeof *a->generation);
            }
            uint32_t node = hg_place_node(a->units, record->place);
            if (a->line[node] != record->line) continue;
            a->location[node] = record->location;
            a->generation[node] = record->generation;
        }
        hg_list_free(&a->recorders[i].allocations);
    }
    return true;
}

struct large {
    uint32_t node;
    uint64_t memsize;
};

static int
by_node(const void *a, const void *b) {
    return by_number(&((const struct large *)a)->node, &((const struct large *)b)->node);
}

static bool
fill_large(struct assembly *a) {
    uint64_t most = 0;
    uint32_t count = 0;
    for (unsigned i = 0; i < a->threads; i++) most += a->recorders[i].size_count;
    if (most == 0) return true;
    struct large *large = malloc(most * sizeof *large);
    uint32_t *nodes = array(a, most, sizeof *nodes);
    uint64_t *sizes = array(a, most, sizeof *sizes);
    if (!large || !nodes || !sizes) {
        free(large);
        return false;
    }
    for (unsigned i = 0; i < a->threads; i++) {
        struct hg_list_reader list = {.list = &a->recorders[i].sizes};
        const struct hg_size_record *record;
        while ((record = hg_list_next(&list, sizeof *record))) {
            uint32_t node = hg_place_node(a->units, record->place);
            if (a->line[node] == record->line)
                large[count++] = (struct large){node, record->memsize};
        }
    }
    qsort(large, count, sizeof *large, by_node);
    for (uint32_t i = 0; i < count; i++) {
        nodes[i] = large[i].node;
        sizes[i] = large[i].memsize;
    }
    free(large);
    a->graph->large = count;
    a->graph->large_node = nodes;
    a->graph->large_memsize = sizes;
    return true;
}

static bool
make_node_arrays(struct assembly *a) {
    size_t nodes = (size_t)a->objects + a->roots + 1;
    a->line = array(a, nodes, sizeof *a->line);
    a->first = own(a, hg_array(nodes + 1, sizeof *a->first)); // a node without a line has no edges
    a->class_node = array(a, nodes, sizeof *a->class_node);
    a->memsize = array(a, nodes, sizeof *a->memsize);
    a->label = array(a, nodes, sizeof *a->label);
    a->type = array(a, nodes, sizeof *a->type);
    a->flags = array(a, nodes, sizeof *a->flags);
    if (!a->line || !a->first || !a->class_node || !a->memsize || !a->label || !a->type ||
        !a->flags)
        return false;
    memset(a->line, 0xff, nodes * sizeof *a->line);
    return true;
}

static void
publish(struct assembly *a, uint64_t edges) {
    struct hg_graph *graph = a->graph;
    graph->objects = a->objects;
    graph->roots = a->roots;
    graph->nodes = a->objects + a->roots + 1;
    graph->edges = edges;
    graph->first.array = a->first;
    graph->target.array = a->target;
    graph->name.array = a->name;
    graph->class_node.array = a->class_node;
    graph->memsize.array = a->memsize;
    graph->label.array = a->label;
    graph->type.array = a->type;
    graph->flags.array = a->flags;
    graph->line.array = a->line;
    graph->location.array = a->location;
    graph->generation.array = a->generation;
    graph->strings = &a->owned->strings;
    graph->index = &a->owned->index;
    graph->account.duplicates = a->duplicates;
}

static enum hg_status
assemble(struct assembly *a, struct hg_units *units, const struct hg_string_table *strings) {
    uint64_t edges = 0;
    enum hg_status status = hg_units_rank(units, &a->objects);
    if (status != HG_OK) return status;
    if (!sort_roots(a)) return HG_NO_MEMORY;
    if ((uint64_t)a->objects + a->roots + 1 >= HG_NO_NODE) return HG_TOO_LARGE;
    if (!make_node_arrays(a)) return HG_NO_MEMORY;
    hg_parallel(a->threads, number_nodes, a);
    if (a->task->stop) return HG_STOPPED;
    if (a->duplicates) hg_parallel(a->threads, count_edges, a);
    if (a->task->stop) return HG_STOPPED;
    if (!place_edges(a, &edges)) return HG_TOO_LARGE;
    uint64_t room = a->root ? edges + a->objects : edges;
    if (room > UINT32_MAX) return HG_TOO_LARGE;
    a->target = array(a, room, sizeof *a->target);
    a->name = array(a, room, sizeof *a->name);
    if (!a->target || !a->name) return HG_NO_MEMORY;
    hg_parallel(a->threads, fill, a);
    if (a->task->stop) return HG_STOPPED;
    fill_missing(a);
    status = a->root ? fill_made_root(a, &edges) : HG_OK;
    if (status != HG_OK) return status;
    fill_virtual_root(a);
    if (!fill_allocations(a) || !fill_large(a)) return HG_NO_MEMORY;
    if (!hg_name_by_shapes(a->recorders, a->threads, units, a->line, a->first, a->name))
        return HG_NO_MEMORY;
    publish(a, edges);
    status = hg_index_pack(units, &a->owned->index);
    return status == HG_OK ? hg_strings_pack(strings, &a->owned->strings) : status;
}

enum hg_status
hg_assemble(struct hg_recorder *recorders, unsigned threads, struct hg_units *units,
            const struct hg_string_table *strings, const uint32_t *root, struct hg_task *task,
            struct hg_graph **graph) {
    struct assembly a = {
        .recorders = recorders,
        .threads = threads,
        .units = units,
        .task = task,
        .root = root,
    };
    a.owned = calloc(1, sizeof *a.owned);
    a.graph = calloc(1, sizeof *a.graph);
    if (!a.owned || !a.graph) {
        free(a.owned);
        free(a.graph);
        return HG_NO_MEMORY;
    }
    a.graph->owned = a.owned;
    a.graph->free_owned = free_owned;
    enum hg_status status = assemble(&a, units, strings);
    free(a.root_line);
    if (status == HG_OK) *graph = a.graph;
    else hg_graph_free(a.graph);
    return status;
}
