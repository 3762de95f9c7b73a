/*
 * Place in the flow: above the graph, below growth_ways. What a step of a path is, told so that it
 * means the same in every dump: the kind and name of the edge and the class that it leads to, as a
 * number of 64 bits. Indexes and keys are left out of it, and so are digits in names, because names
 * that are made from data ("@view_17") differ in nothing else, and because the line on which a frame
 * stands differs from dump to dump.
 */
#ifndef HEAPGRAPH_GROWTH_STEPS_H
#define HEAPGRAPH_GROWTH_STEPS_H

#include "base/bytes.h"
#include "graph/graph.h"

/* What has been worked out for one graph. */
struct hg_steps {
    const struct hg_graph *graph;
    uint64_t *texts; /* by string: its hash, 0 until asked for */
    size_t room;
    uint64_t *classes; /* by class node: the hash of its name, 0 until asked for */
    bool failed;       /* out of memory; every answer after that is 0 */
};

/* False if there is no memory. */
bool hg_steps_init(struct hg_steps *steps, const struct hg_graph *graph)
    __attribute__((warn_unused_result));
void hg_steps_free(struct hg_steps *steps);

/* Two numbers as one. */
static inline uint64_t
hg_steps_join(uint64_t a, uint64_t b) {
    uint64_t x = (a ^ (b << 32 | b >> 32)) * HG_GOLDEN + b;
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 29;
}

/* The hash of a text, with numbers and long hexadecimal words taken as one sign. Never 0. */
uint64_t hg_steps_text(const char *text, size_t length);

/* What stands for an object in a step: its class, and for what has none, its type and kind. */
uint64_t hg_steps_class(struct hg_steps *steps, uint32_t node);

/* The step over an edge with this name to this node. */
uint64_t hg_steps_take(struct hg_steps *steps, uint32_t name, uint32_t target);

/*
 * Whether an edge leads from an array to another whose buffer it shares. The elements stand there
 * only because of how MRI copies arrays, and come and go as it pleases: such a step is none.
 */
bool hg_steps_shares(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t name);

/* A module that is named, wherever it is held: "Shop::EventBus". Digits count here. */
uint64_t hg_steps_module(struct hg_steps *steps, uint32_t node);

#endif
