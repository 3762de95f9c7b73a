/* See builder.h. Stands for graph.c too, so that the algorithms are tested without the loader. */
#include "builder.h"

#include <string.h>

#include "base/array.h"

uint64_t check_seed;

/* As the arrays of a loaded graph: those of a benchmark lie on huge pages. */
static void *
fresh(size_t count, size_t size) {
    void *memory = hg_array(count, size);
    if (memory) return memory;
    fprintf(stderr, "no memory\n");
    exit(1);
}

void
build_begin(struct builder *builder, uint32_t objects, uint32_t roots) {
    *builder = (struct builder){0};
    struct hg_graph *graph = &builder->graph;
    graph->objects = objects;
    graph->roots = roots;
    graph->nodes = objects + roots + 1;

    size_t nodes = graph->nodes;
    graph->class_node.array = builder->class_node = fresh(nodes, sizeof(uint32_t));
    graph->memsize.array = builder->memsize = fresh(nodes, sizeof(uint32_t));
    graph->label.array = builder->label = fresh(nodes, sizeof(uint32_t));
    graph->location.array = builder->location = fresh(nodes, sizeof(uint32_t));
    graph->generation.array = builder->generation = fresh(nodes, sizeof(uint32_t));
    graph->type.array = builder->type = fresh(nodes, 1);
    graph->flags.array = builder->flags = fresh(nodes, 1);
    for (uint32_t node = 0; node < nodes; node++) {
        builder->class_node[node] = HG_NO_NODE;
        builder->label[node] = HG_NO_STRING;
        builder->location[node] = HG_NO_STRING;
        builder->generation[node] = UINT32_MAX;
        builder->memsize[node] = node < objects ? 40 : 0;
        builder->type[node] = node < objects           ? HG_T_OBJECT
                              : node < objects + roots ? HG_T_ROOT
                                                       : HG_T_VIRTUAL_ROOT;
    }
    for (uint32_t root = 0; root < roots; root++) {
        build_edge(builder, graph->nodes - 1, objects + root, hg_edge_name(HG_E_ROOT, 0));
    }
}

void
build_edge(struct builder *builder, uint32_t from, uint32_t to, uint32_t name) {
    if (builder->count == builder->room) {
        builder->room = builder->room ? 2 * builder->room : 1024;
        builder->edges = realloc(builder->edges, builder->room * sizeof(*builder->edges));
        if (!builder->edges) exit(1);
    }
    builder->edges[builder->count++] = (struct built_edge){from, to, name};
}

void
build_reference(struct builder *builder, uint32_t from, uint32_t to) {
    build_edge(builder, from, to, hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE));
}

const struct hg_graph *
build_finish(struct builder *builder) {
    struct hg_graph *graph = &builder->graph;
    uint32_t *first = fresh((size_t)graph->nodes + 1, sizeof(*first));
    uint32_t *target = fresh(builder->count, sizeof(*target));
    uint32_t *name = fresh(builder->count, sizeof(*name));

    for (size_t i = 0; i < builder->count; i++) first[builder->edges[i].from + 1]++;
    for (uint32_t node = 0; node < graph->nodes; node++) first[node + 1] += first[node];
    for (size_t i = builder->count; i-- > 0;) {
        const struct built_edge *edge = &builder->edges[i];
        uint32_t at = --first[edge->from + 1];
        target[at] = edge->to;
        name[at] = edge->name;
    }
    /* Each first[v+1] has moved down to where v begins. */
    for (uint32_t node = 0; node < graph->nodes; node++) first[node] = first[node + 1];
    first[graph->nodes] = (uint32_t)builder->count;

    free(builder->edges);
    builder->edges = NULL;
    graph->edges = builder->count;
    graph->first.array = builder->first = first;
    graph->target.array = builder->target = target;
    graph->name.array = builder->name = name;
    return graph;
}

void
build_free(struct builder *builder) {
    free(builder->edges);
    hg_array_free(builder->class_node);
    hg_array_free(builder->memsize);
    hg_array_free(builder->label);
    hg_array_free(builder->location);
    hg_array_free(builder->generation);
    hg_array_free(builder->type);
    hg_array_free(builder->flags);
    hg_array_free(builder->first);
    hg_array_free(builder->target);
    hg_array_free(builder->name);
    *builder = (struct builder){0};
}

static uint32_t
random_name(struct random *random) {
    if (random_chance(random, 5)) return hg_edge_name(HG_E_WEAK, HG_PAYLOAD_NONE);
    return hg_edge_name((enum hg_edge_kind)random_below(random, HG_E_FRAME_LOCAL + 1),
                        random_below(random, 50));
}

static void
random_edge(struct builder *builder, enum shape shape, uint32_t from, struct random *random) {
    uint32_t objects = builder->graph.objects, to = 0;
    uint32_t near = 1 + random_below(random, 4);
    switch (shape) {
    case SHAPE_DAG:
        if (from + 1 >= objects) return;
        to = from + 1 + random_below(random, objects - from - 1);
        break;
    case SHAPE_CHAINS:
        to = random_chance(random, 80) ? from + 1 : from - near;
        if (to >= objects) return;
        break;
    case SHAPE_NESTS:
        to = random_chance(random, 50) ? from + near : from - from % (1u << near);
        if (to >= objects) return;
        break;
    case SHAPE_HEAP:
        to = random_chance(random, 70)   ? from + near
             : random_chance(random, 50) ? random_below(random, 1 + objects / 10)
                                         : random_below(random, objects);
        if (to >= objects) return;
        break;
    default:
        to = random_below(random, objects);
    }
    uint32_t name = random_name(random);
    build_edge(builder, from, to, name);
    if (random_chance(random, 5)) build_edge(builder, from, to, random_name(random));
    if (random_chance(random, 3)) build_edge(builder, from, from, name);
}

/* Types, flags and labels that paths and groups look at. */
static void
random_kind(struct builder *builder, uint32_t node, struct random *random) {
    switch (random_below(random, 6)) {
    case 0:
        builder->type[node] = random_chance(random, 50) ? HG_T_CLASS : HG_T_MODULE;
        if (random_chance(random, 30)) builder->flags[node] |= HG_N_SINGLETON;
        if (random_chance(random, 70)) builder->label[node] = STRING_IMEMO;
        break;
    case 1:
        builder->type[node] = HG_T_IMEMO;
        builder->label[node] = random_chance(random, 70) ? STRING_IMEMO : STRING_FIELDS;
        if (random_chance(random, 50)) builder->flags[node] |= HG_N_VM_CACHE;
        break;
    case 2:
        builder->type[node] = HG_T_DATA;
        if (random_chance(random, 70)) {
            builder->label[node] = random_chance(random, 50) ? STRING_THREAD : STRING_RACTOR;
        }
    }
}

const struct hg_graph *
build_random(struct builder *builder, enum shape shape, uint32_t objects, struct random *random) {
    uint32_t roots = random_below(random, 4);
    build_begin(builder, objects, roots);

    uint32_t classes = objects / 8;
    bool kinds = random_chance(random, 80);
    for (uint32_t node = 0; node < objects; node++) {
        builder->memsize[node] = random_below(random, 5) * 20;
        builder->generation[node] = random_below(random, 4);
        builder->location[node] = random_below(random, 4);
        if (kinds) random_kind(builder, node, random);
        if (classes && shape != SHAPE_TREE && random_chance(random, 70)) {
            builder->class_node[node] = random_below(random, classes);
        }
        if (shape == SHAPE_TREE) {
            if (node > 0)
                build_edge(builder, random_below(random, node), node, random_name(random));
            continue;
        }
        uint32_t edges = random_below(random, shape == SHAPE_DENSE ? 8 : 4);
        for (uint32_t i = 0; i < edges; i++) random_edge(builder, shape, node, random);
    }
    for (uint32_t root = 0; root < roots && objects; root++) {
        uint32_t edges = 1 + random_below(random, 3);
        for (uint32_t i = 0; i < edges; i++) {
            uint32_t to = random_chance(random, 50) ? 0 : random_below(random, objects);
            build_edge(builder, build_root(builder, root), to, random_name(random));
        }
    }
    if (kinds && objects && random_chance(random, 80)) {
        uint32_t object = random_below(random, objects);
        builder->type[object] = HG_T_CLASS;
        builder->label[object] = STRING_OBJECT;
    }
    if (kinds && roots && random_chance(random, 50)) {
        builder->flags[build_root(builder, 0)] |= HG_N_CONSERVATIVE;
    }
    return build_finish(builder);
}

/* Things that a program makes when it boots, each held by an earlier one. */
static void
boot(struct builder *builder, uint32_t objects, struct random *random) {
    uint32_t named = hg_edge_name(HG_E_IVAR, 1);
    for (uint32_t node = 1; node < objects; node++) {
        uint32_t near = node > 50 ? node - 1 - random_below(random, 50) : 0;
        build_edge(builder, near, node, named);
        build_edge(builder, node, random_below(random, objects), named);
    }
}

/*
 * A record as an application keeps it: an object with two strings, a hash with one, an array with
 * one; they point back to it, to what all share, and now and then to another record.
 */
static void
add_record(struct builder *builder, uint32_t record, uint32_t before, struct random *random) {
    enum { PARTS = 7, SHARED = 2000 };
    static const uint8_t owner[PARTS] = {0, 0, 0, 0, 3, 0, 5};
    uint32_t named = hg_edge_name(HG_E_IVAR, 1);
    for (uint32_t part = 1; part < PARTS; part++) {
        build_edge(builder, record + owner[part], record + part, named);
        build_edge(builder, record + part, random_below(random, SHARED), named);
    }
    build_edge(builder, record + 3, record, named);
    build_edge(builder, record + 5, record, named);
    if (random_chance(random, 2)) build_edge(builder, record, before, named);
}

const struct hg_graph *
build_heap(struct builder *builder, uint32_t objects, struct random *random) {
    enum { BOOT = 20000, CLASSES = 500, RECORD = 7, TABLE = 100 };
    uint32_t named = hg_edge_name(HG_E_IVAR, 1), tables = 0, at = BOOT;
    build_begin(builder, objects < 2 * BOOT ? 2 * BOOT : objects, 3);
    objects = builder->graph.objects;

    for (uint32_t node = 0; node < objects; node++) {
        builder->class_node[node] = node < BOOT ? random_below(random, CLASSES) : node % RECORD;
    }
    boot(builder, BOOT, random);
    while (at + RECORD * TABLE < objects) {
        uint32_t table = at++;
        build_edge(builder, BOOT - 1 - tables++ % 100, table, named);
        for (int i = 0; i < TABLE; i++, at += RECORD) {
            build_edge(builder, table, at, named);
            add_record(builder, at, BOOT + random_below(random, at - BOOT), random);
        }
    }
    build_edge(builder, build_root(builder, 0), 0, named);
    build_edge(builder, build_root(builder, 1), BOOT / 2, named);
    build_edge(builder, build_root(builder, 2), at - 1, named);
    return build_finish(builder);
}

const char *
hg_string(const struct hg_graph *graph, uint32_t string, size_t *length) {
    static const char *const strings[STRINGS] = {
        "Object", "VM/thread",   "ractor",     "imemo",  "cached_methods", "TOPLEVEL_BINDING",
        "fields", "shared_root", "superclass", "module", "proc",           "iseq",
        "ifunc",  "data",        "entry"};
    static char names[64][8]; // of edges: a letter, and a digit in which two of them differ
    const char *text = string < STRINGS ? strings[string] : names[string % 64];
    if (string >= STRINGS)
        snprintf(names[string % 64], sizeof(*names), "@%c%u", 'A' + (int)(string % 64 / 2),
                 string % 2);
    *length = strlen(text);
    return text;
}

void
hg_graph_let_go(const struct hg_graph *graph) {
}

bool
hg_is_tracing(const struct hg_graph *graph, uint32_t node) {
    return false;
}

uint64_t
hg_large_memsize(const struct hg_graph *graph, uint32_t node) {
    return UINT32_MAX;
}

uint32_t
hg_shown_class(const struct hg_graph *graph, uint32_t class) {
    return class == HG_NO_NODE || hg_flags(graph, class) & HG_N_SINGLETON ? HG_NO_NODE : class;
}

uint32_t
hg_real_class(const struct hg_graph *graph, uint32_t node) {
    return hg_shown_class(graph, hg_class(graph, node));
}
