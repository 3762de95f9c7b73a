/*
 * Place in the flow: see former.h.
 */
#include "paths/former.h"

#include <stdlib.h>
#include <string.h>

/* The modules that have a name, sorted by it; those of one name are next to each other. */
struct names {
    const struct hg_graph *graph;
    uint64_t *items; /* label << 32 | node */
    size_t count;
};

static bool
has_name(const struct hg_graph *graph, uint32_t node) {
    uint8_t type = graph->type[node];
    return (type == HG_T_CLASS || type == HG_T_MODULE) && !(graph->flags[node] & HG_N_SINGLETON) &&
           graph->label[node] != HG_NO_STRING;
}

static int
ascending(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static bool
find_names(struct names *names) {
    const struct hg_graph *graph = names->graph;
    size_t room = 0;
    for (uint32_t node = 0; node < graph->objects; node++) room += has_name(graph, node);
    names->items = malloc((room + 1) * sizeof(*names->items));
    if (!names->items) return false;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (has_name(graph, node))
            names->items[names->count++] = (uint64_t)graph->label[node] << 32 | node;
    }
    qsort(names->items, names->count, sizeof(*names->items), ascending);
    return true;
}

static uint32_t
label_at(const struct names *names, size_t at) {
    return (uint32_t)(names->items[at] >> 32);
}

static uint32_t
node_at(const struct names *names, size_t at) {
    return (uint32_t)names->items[at];
}

/* The length of the name of the module above: that of "A" for "A::B", 0 for a name without "::". */
static size_t
length_above(const char *name, size_t length) {
    for (size_t i = length; i-- > 1;) {
        if (name[i] == ':' && name[i - 1] == ':') return i - 1;
    }
    return 0;
}

static bool
is_named(const struct hg_graph *graph, uint32_t node, const char *name, size_t length) {
    size_t own_length;
    const char *own = hg_string(graph, graph->label[node], &own_length);
    return own_length == length && memcmp(own, name, length) == 0;
}

static bool
refers(const struct hg_graph *graph, uint32_t from, uint32_t to) {
    for (uint64_t edge = graph->first[from]; edge < graph->first[from + 1]; edge++) {
        if (graph->target[edge] == to && hg_edge_holds(graph->name[edge])) return true;
    }
    return false;
}

/*
 * Judges the modules of one name; Object has none above it. A module above that is former itself
 * does not count. Returns whether one more is former.
 */
static bool
judge(const struct names *names, size_t from, size_t to, uint8_t *former) {
    const struct hg_graph *graph = names->graph;
    size_t length;
    const char *name = hg_string(graph, label_at(names, from), &length);
    if (is_named(graph, node_at(names, from), "Object", strlen("Object"))) return false;
    size_t above = length_above(name, length);
    const char *scope = above ? name : "Object";
    if (!above) above = strlen(scope);
    bool any = false, more = false;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = from; i < to; i++) {
            bool held = false;
            for (size_t k = 0; k < names->count && !held; k++) {
                uint32_t node = node_at(names, k);
                held = !former[node] && is_named(graph, node, scope, above) &&
                       refers(graph, node, node_at(names, i));
            }
            if (!pass) any |= held;
            else if (any && !held && !former[node_at(names, i)])
                former[node_at(names, i)] = more = true;
        }
    }
    return more;
}

bool
hg_modules_former(const struct hg_graph *graph, uint8_t *former) {
    struct names names = {.graph = graph};
    if (!find_names(&names)) return false;
    for (bool more = true; more;) {
        more = false;
        for (size_t from = 0, to; from < names.count; from = to) {
            for (to = from + 1; to < names.count && label_at(&names, to) == label_at(&names, from);)
                to++;
            if (to - from > 1) more |= judge(&names, from, to, former);
        }
    }
    free(names.items);
    return true;
}
