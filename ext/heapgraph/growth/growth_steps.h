/*
 * Place in the flow: above the graph, below growth_ways. A step of a path as a number of 64 bits
 * that means the same in every dump: it stands for the kind and the name of the edge, and for the
 * class to which the edge leads. Indexes and keys are not part of it. Neither are digits in names:
 * names that are made from data ("@view_17") differ only in their digits, and the line of a frame
 * may change from dump to dump.
 */
#ifndef HEAPGRAPH_GROWTH_STEPS_H
#define HEAPGRAPH_GROWTH_STEPS_H

#include "base/bytes.h"
#include "graph/graph.h"

/* The hashes that have been computed for one graph. */
struct hg_steps {
    const struct hg_graph *graph;
    uint64_t *texts; /* by string: its hash; 0 as long as nobody has asked for it */
    size_t room;
    uint64_t *classes; /* by class node: the hash of its name; 0 as above */
    bool failed;       /* there was no memory; from then on no answer has a meaning */
};

/* Returns false if there is no memory. hg_steps_free is allowed then too. */
bool hg_steps_init(struct hg_steps *steps, const struct hg_graph *graph)
    __attribute__((warn_unused_result));
void hg_steps_free(struct hg_steps *steps);

/* Makes one number of two. */
static inline uint64_t
hg_steps_join(uint64_t a, uint64_t b) {
    uint64_t x = (a ^ (b << 32 | b >> 32)) * HG_GOLDEN + b;
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 29;
}

/*
 * The hash of a text, in which each number and each long hexadecimal word counts as one character.
 * Never 0.
 */
uint64_t hg_steps_text(const char *text, size_t length);

/* The number of an object in a step: that of its class, or if it has none, of its type and kind. */
uint64_t hg_steps_class(struct hg_steps *steps, uint32_t node);

/* The number of the step over an edge with this name to this node. */
uint64_t hg_steps_take(struct hg_steps *steps, uint32_t name, uint32_t target);

/* Whether an edge with this name leads from a frame to this part of it: "self", "env". */
bool hg_steps_is_part(const struct hg_graph *graph, uint32_t name, const char *part);

/*
 * The number of the step from a thread to what a variable of a frame's env holds: that of the local
 * variable of the frame. A frame has an env as soon as a block of it was kept; from then on the env
 * has the local variables. `env` is the name of the edge to the env (hg_steps_is_part), `name` that
 * of the edge behind it.
 */
uint64_t hg_steps_captured(struct hg_steps *steps, uint32_t env, uint32_t name, uint32_t target);

/*
 * Whether an edge leads from an array to another array whose buffer it shares. The elements are in
 * that other array only because of how MRI copies arrays, and MRI can change that at any time. So
 * this edge is no step.
 */
bool hg_steps_shares(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t name);

/* The number of a named module, whatever holds it: "Shop::EventBus". Digits in it count. */
uint64_t hg_steps_module(struct hg_steps *steps, uint32_t node);

#endif
