/*
 * Place in the flow: see former.h. Modules are judged from the outermost to the innermost, so that
 * it is known of a module above whether it is former itself. Each edge is looked at once.
 */
#include "paths/former.h"

#include <stdlib.h>
#include <string.h>

struct named {
    uint32_t depth; /* how many modules are above it by its name: 1 for "A::B" */
    uint32_t label, node;
};

/* The modules that have a name, sorted by depth; those of one name are next to each other. */
struct names {
    const struct hg_graph *graph;
    struct named *items;
    size_t count;
    uint8_t *held; /* by node: 1 if a module above, which is not former, refers to it */
};

static bool
has_name(const struct hg_graph *graph, uint32_t node) {
    uint8_t type = hg_type(graph, node);
    return (type == HG_T_CLASS || type == HG_T_MODULE) &&
           !(hg_flags(graph, node) & HG_N_SINGLETON) && hg_label(graph, node) != HG_NO_STRING;
}

/* The length of the name of the module above: that of "A" for "A::B", 0 for a name without "::". */
static size_t
length_above(const char *name, size_t length) {
    for (size_t i = length; i-- > 1;) {
        if (name[i] == ':' && name[i - 1] == ':') return i - 1;
    }
    return 0;
}

static uint32_t
depth_of(const struct hg_graph *graph, uint32_t node) {
    uint32_t depth = 0;
    size_t length;
    const char *name = hg_string(graph, hg_label(graph, node), &length);
    while ((length = length_above(name, length)) > 0) depth++;
    return depth;
}

static int
ascending(const void *left, const void *right) {
    const struct named *a = left, *b = right;
    if (a->depth != b->depth) return a->depth < b->depth ? -1 : 1;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

static bool
find_names(struct names *names) {
    const struct hg_graph *graph = names->graph;
    size_t room = 0;
    for (uint32_t node = 0; node < graph->objects; node++) room += has_name(graph, node);
    names->items = malloc((room + 1) * sizeof(*names->items));
    names->held = calloc((size_t)graph->nodes + 1, 1);
    if (!names->items || !names->held) return false;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (has_name(graph, node))
            names->items[names->count++] = (struct named){depth_of(graph, node),
                                                          hg_label(graph, node), node};
    }
    qsort(names->items, names->count, sizeof(*names->items), ascending);
    return true;
}

static bool
is_object(const struct hg_graph *graph, uint32_t node) {
    return hg_string_is(graph, hg_label(graph, node), "Object");
}

/* Whether `above` has the name of the module above `node`: Object for a name without "::". */
static bool
is_above(const struct hg_graph *graph, uint32_t above, uint32_t node) {
    size_t length, own_length;
    const char *name = hg_string(graph, hg_label(graph, node), &length);
    const char *own = hg_string(graph, hg_label(graph, above), &own_length);
    length = length_above(name, length);
    if (length == 0) return is_object(graph, above);
    return own_length == length && memcmp(own, name, length) == 0;
}

/* Notes which modules this one holds as the module above them. */
static void
note_held(const struct names *names, uint32_t node) {
    const struct hg_graph *graph = names->graph;
    for (uint64_t edge = hg_first(graph, node), end = hg_first(graph, node + 1); edge < end;
         edge++) {
        uint32_t to = hg_target(graph, edge);
        if (!names->held[to] && hg_edge_holds(hg_name(graph, edge)) && to < graph->objects &&
            has_name(graph, to))
            names->held[to] = is_above(graph, node, to);
    }
}

/* Judges the modules of one name; Object has none above it. */
static void
judge(const struct names *names, size_t from, size_t to, uint8_t *former) {
    bool any = false;
    if (is_object(names->graph, names->items[from].node)) return;
    for (size_t i = from; i < to; i++) any |= names->held[names->items[i].node];
    for (size_t i = from; i < to && any; i++) {
        uint32_t node = names->items[i].node;
        if (!names->held[node]) former[node] = 1;
    }
}

static void
judge_all(const struct names *names, uint8_t *former) {
    for (size_t i = 0; i < names->count; i++) {
        uint32_t node = names->items[i].node;
        if (is_object(names->graph, node)) note_held(names, node);
    }
    for (size_t from = 0, to; from < names->count; from = to) {
        uint32_t label = names->items[from].label;
        for (to = from + 1; to < names->count && names->items[to].label == label;) to++;
        judge(names, from, to, former);
        for (size_t i = from; i < to; i++) {
            if (!former[names->items[i].node]) note_held(names, names->items[i].node);
        }
    }
}

bool
hg_modules_former(const struct hg_graph *graph, uint8_t *former) {
    struct names names = {.graph = graph};
    bool found = find_names(&names);
    if (found) judge_all(&names, former);
    free(names.items);
    free(names.held);
    return found;
}
