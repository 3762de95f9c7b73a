/* See builder.h. Stands for graph.c too, so that the algorithms are tested without the loader. */
#include "builder.h"

#include <string.h>

uint64_t check_seed;

static void *
fresh(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
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
    graph->class_node = builder->class_node = fresh(nodes, sizeof(uint32_t));
    graph->memsize = builder->memsize = fresh(nodes, sizeof(uint32_t));
    graph->label = builder->label = fresh(nodes, sizeof(uint32_t));
    graph->location = builder->location = fresh(nodes, sizeof(uint32_t));
    graph->generation = builder->generation = fresh(nodes, sizeof(uint32_t));
    graph->type = builder->type = fresh(nodes, 1);
    graph->flags = builder->flags = fresh(nodes, 1);
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
    graph->first = builder->first = first;
    graph->target = builder->target = target;
    graph->name = builder->name = name;
    return graph;
}

void
build_free(struct builder *builder) {
    free(builder->edges);
    free(builder->class_node);
    free(builder->memsize);
    free(builder->label);
    free(builder->location);
    free(builder->generation);
    free(builder->type);
    free(builder->flags);
    free(builder->first);
    free(builder->target);
    free(builder->name);
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
        builder->label[node] = STRING_IMEMO;
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

/*
 * Records of seven objects, as an application keeps them: an object with strings, a hash and an array of
 * its own, now and then one that is shared; held by tables of a hundred, those by one table. Classes
 * and what is shared come first, as they do where a program has booted before it works.
 */
const struct hg_graph *
build_heap(struct builder *builder, uint32_t objects, struct random *random) {
    enum { BOOT = 20000, CLASSES = 500, RECORD = 7, TABLE = 100 };
    build_begin(builder, objects < 2 * BOOT ? 2 * BOOT : objects, 3);
    objects = builder->graph.objects;
    uint32_t named = hg_edge_name(HG_E_IVAR, 1);

    for (uint32_t node = 0; node < objects; node++) {
        builder->class_node[node] = node % RECORD ? node % RECORD : random_below(random, CLASSES);
    }
    for (uint32_t node = 0; node < BOOT; node++) {
        for (int i = 0; i < 3; i++) build_edge(builder, node, random_below(random, BOOT), named);
        if (node) build_edge(builder, random_below(random, node), node, named);
    }
    uint32_t record = BOOT;
    while (record + RECORD * TABLE + 1 < objects) {
        uint32_t table = record++;
        build_edge(builder, BOOT - 1, table, named);
        for (int i = 0; i < TABLE; i++, record += RECORD) {
            build_edge(builder, table, record, named);
            for (uint32_t part = 1; part < RECORD; part++) {
                uint32_t owner = part < 4 ? 0 : part - 2;
                build_edge(builder, record + owner, record + part, named);
                build_edge(builder, record + part, random_below(random, BOOT), named);
            }
            if (random_chance(random, 30)) build_edge(builder, record + 2, table, named);
            if (random_chance(random, 30)) {
                build_edge(builder, record + 3, random_below(random, record), named);
            }
        }
    }
    build_edge(builder, build_root(builder, 0), 0, named);
    build_edge(builder, build_root(builder, 1), BOOT / 2, named);
    build_edge(builder, build_root(builder, 2), record - 1, named);
    return build_finish(builder);
}

const char *
hg_string(const struct hg_graph *graph, uint32_t string, size_t *length) {
    static const char *const strings[STRINGS] = {"Object", "VM/thread", "ractor", "imemo"};
    *length = strlen(strings[string]);
    return strings[string];
}

uint64_t
hg_memsize(const struct hg_graph *graph, uint32_t node) {
    return graph->memsize[node];
}

uint32_t
hg_real_class(const struct hg_graph *graph, uint32_t node) {
    uint32_t class = graph->class_node[node];
    return class == HG_NO_NODE || graph->flags[class] & HG_N_SINGLETON ? HG_NO_NODE : class;
}
