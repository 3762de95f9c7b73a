/*
 * Graphs for tests and benchmarks, made by hand instead of from a dump.
 */
#ifndef TEST_BUILDER_H
#define TEST_BUILDER_H

#include "check.h"
#include "graph/graph.h"

/*
 * The strings that there are here, as labels. Any other number up to 63 is the name of an edge; the
 * names of 2n and 2n + 1 differ only in a digit.
 */
enum built_string {
    STRING_OBJECT,
    STRING_THREAD,
    STRING_RACTOR,
    STRING_IMEMO,
    STRING_CACHED, /* a field with what the VM has remembered */
    STRING_BINDING,
    STRING_FIELDS,
    STRING_SHARED_ROOT,
    STRING_SUPERCLASS,
    STRING_MODULE,
    STRING_PROC,
    STRING_ISEQ,
    STRING_IFUNC,
    STRING_DATA,
    STRING_ENTRY,
    STRINGS
};

struct built_edge {
    uint32_t from, to, name;
};

struct builder {
    struct hg_graph graph;
    struct built_edge *edges;
    size_t count, room;

    /* What graph points to; to be changed at will until the graph is used. */
    uint32_t *class_node, *memsize, *label, *location, *generation;
    uint8_t *type, *flags;
    uint32_t *first, *target, *name;
};

/*
 * Objects 0 … objects-1 of type OBJECT and of 40 bytes, then roots, then the virtual root, which
 * holds the roots already.
 */
void build_begin(struct builder *builder, uint32_t objects, uint32_t roots);

/* The number of a root. */
static inline uint32_t
build_root(const struct builder *builder, uint32_t root) {
    return builder->graph.objects + root;
}

void build_edge(struct builder *builder, uint32_t from, uint32_t to, uint32_t name);

/* A reference without a name. */
void build_reference(struct builder *builder, uint32_t from, uint32_t to);

/* Puts the edges into graph, in the order in which each node got them. */
const struct hg_graph *build_finish(struct builder *builder);

void build_free(struct builder *builder);

enum shape {
    SHAPE_TREE,   /* one referrer each */
    SHAPE_DAG,    /* edges to later nodes only */
    SHAPE_SPARSE, /* about one edge per node, anywhere: much is unreachable */
    SHAPE_DENSE,  /* many edges, anywhere: everything meets at the root */
    SHAPE_CHAINS, /* long lists with edges back and forth */
    SHAPE_NESTS,  /* loops within loops */
    SHAPE_HEAP,   /* like a Ruby heap: classes, containers, shared leaves */
    SHAPES
};

/*
 * A random graph of a shape with all that a dump may have: self references, parallel and weak
 * edges, classes, unreachable parts, sizes of 0. Most are full of modules, caches and threads.
 */
const struct hg_graph *build_random(struct builder *builder, enum shape shape, uint32_t objects,
                                    struct random *random);

/* Large, like a Rails app's heap: `objects`, each with about 2.2 references, in address order. */
const struct hg_graph *build_heap(struct builder *builder, uint32_t objects, struct random *random);

#endif
