/*
 * Place in the flow: above the graph. Which nodes refer to a node. For one node the graph can be
 * scanned (hg_referrers without an inverse: about 1 ms for a million objects); for many nodes it is
 * faster to build the inverse first.
 *
 * Class edges are kept apart: a few classes are held by millions of instances, which nobody wants
 * in a list of referrers. hg_referrers adds them only if it is asked for instances.
 */
#ifndef HEAPGRAPH_INVERSE_H
#define HEAPGRAPH_INVERSE_H

#include "base/task.h"
#include "graph/graph.h"

/* An object, and the number of edges that lead to it and hold it, as hg_count_referrers has it. */
struct hg_referred {
    uint32_t node, references;
};

#define HG_MOST_REFERRED 4096

struct hg_inverse {
    /*
     * The edges to node v come from source[first[v] … first[v+1]-1], in ascending order: one
     * element for each edge, parallel and weak ones too.
     */
    struct hg_column first; /* nodes + 1 */
    struct hg_column source;

    /* By class: its first and its last instance, plus 1; 0 if it has none. How many it has. */
    struct hg_column instance;
    struct hg_column last_instance;
    struct hg_column instances;

    /* The objects to which most edges lead, most first, and equal ones in the order of nodes. */
    uint32_t referred; /* how many; HG_MOST_REFERRED unless these are all that have any */
    const struct hg_referred *most;

    void *owned;
};

static inline uint32_t
hg_inverse_first(const struct hg_inverse *inverse, uint64_t node) {
    return hg_u32(&inverse->first, node, 0);
}

static inline uint32_t
hg_inverse_source(const struct hg_inverse *inverse, uint64_t i) {
    return hg_u32(&inverse->source, i, 0);
}

/* The first instance of a class; HG_NO_NODE if it has none. */
static inline uint32_t
hg_first_instance(const struct hg_inverse *inverse, uint32_t class) {
    return hg_u32(&inverse->instance, class, 0) - 1;
}

/* How many objects have this class. */
static inline uint32_t
hg_instances(const struct hg_inverse *inverse, uint32_t class) {
    return hg_u32(&inverse->instances, class, 0);
}

/* The instance behind another one; HG_NO_NODE if that was the last. Nodes between are scanned. */
uint32_t hg_next_instance(const struct hg_graph *graph, const struct hg_inverse *inverse,
                          uint32_t class, uint32_t instance);

/*
 * Builds the inverse of a graph. It keeps 4 bytes per node and 4 per edge. HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY.
 */
enum hg_status hg_inverse_build(const struct hg_graph *graph, struct hg_task *task,
                                struct hg_inverse *inverse) __attribute__((warn_unused_result));

/* Frees an inverse; one that is zeroed or freed already is allowed. */
void hg_inverse_free(struct hg_inverse *inverse);

/* One edge to a node. */
struct hg_referrer {
    uint32_t node; /* where it comes from */
    uint32_t name; /* of the edge, as in graph.h; HG_E_CLASS for an instance */
};

/*
 * Finds the edges to a node, in the order of their sources, and writes at most `limit` of them from
 * number `offset` on to `referrers`. *found is how many were written, *total how many there are.
 * With `instances`, the objects whose class the node is come behind all others. If `inverse` is
 * NULL the graph is scanned. HG_OK or HG_STOPPED.
 */
enum hg_status hg_referrers(const struct hg_graph *graph, const struct hg_inverse *inverse,
                            uint32_t node, bool instances, uint64_t offset, uint32_t limit,
                            struct hg_task *task, struct hg_referrer *referrers, uint32_t *found,
                            uint64_t *total) __attribute__((warn_unused_result));

/* Takes one edge to a node. Returns false if there is no memory. */
typedef bool hg_take_referrer(void *data, struct hg_referrer referrer);

/*
 * Calls `take` for the objects whose class a node is, in the order of nodes. HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY.
 */
enum hg_status hg_each_instance(const struct hg_graph *graph, const struct hg_inverse *inverse,
                                uint32_t class, struct hg_task *task, hg_take_referrer *take,
                                void *data) __attribute__((warn_unused_result));

/*
 * Calls `take` for all edges to a node, in the order of nodes. An edge has no number in the
 * inverse, so each source is scanned up to its last edge to the node. HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY.
 */
enum hg_status hg_each_referrer(const struct hg_graph *graph, const struct hg_inverse *inverse,
                                uint32_t node, struct hg_task *task, hg_take_referrer *take,
                                void *data) __attribute__((warn_unused_result));

/*
 * Counts for each node the edges that lead to it and hold it; class edges do not count. `counts`
 * has room for all nodes. HG_OK or HG_STOPPED.
 */
enum hg_status hg_count_referrers(const struct hg_graph *graph, struct hg_task *task,
                                  uint32_t *counts) __attribute__((warn_unused_result));

#endif
