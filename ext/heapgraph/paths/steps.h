/*
 * Place in the flow: below paths. What a path costs, and what one step adds to it; paths.h says
 * why.
 */
#ifndef HEAPGRAPH_STEPS_H
#define HEAPGRAPH_STEPS_H

#include "graph/graph.h"

#define HG_CLASS_STEP ((uint32_t)HG_E_CLASS << HG_PAYLOAD_BITS | HG_PAYLOAD_NONE)
#define HG_LONGEST_PATH ((1u << 29) - 1)

/* From the best to the worst. */
enum hg_rank { HG_RANK_NAMED, HG_RANK_FRAME, HG_RANK_ROOT, HG_RANK_CACHE, HG_RANK_STACK, HG_RANKS };

/* A cost is rank << 29 | length, so the smaller cost is better. */
#define HG_COST_TOP 3

static inline enum hg_rank
hg_path_rank(uint32_t cost) {
    return (enum hg_rank)(cost >> 29);
}

static inline uint32_t
hg_path_length(uint32_t cost) {
    return cost & HG_LONGEST_PATH;
}

static inline uint32_t
hg_path_cost(enum hg_rank rank, uint32_t length) {
    return (uint32_t)rank << 29 | (length < HG_LONGEST_PATH ? length : HG_LONGEST_PATH);
}

/*
 * Whether a node is what Ruby 4.0 keeps the variables of an object in. It belongs to the object, so
 * the way to it is no step.
 */
bool hg_is_fields(const struct hg_graph *graph, uint32_t node);

/* What an edge to a node adds to the length of a path. */
static inline uint32_t
hg_step_length(const struct hg_graph *graph, uint32_t to, uint32_t name) {
    switch (hg_edge_kind(name)) {
    case HG_E_ROOT:
        return 0;
    case HG_E_REFERENCE:
        return 3;
    case HG_E_FIELD:
        return hg_type(graph, to) == HG_T_IMEMO && hg_is_fields(graph, to) ? 0 : 2;
    case HG_E_METHOD:
    case HG_E_KEY:
    case HG_E_CLASS:
    case HG_E_FRAME:
        return 2;
    default:
        return 1;
    }
}

/*
 * Whether a reference without a name comes out of a stack, or is between a ractor and its threads.
 * What a thread or fiber holds without a name are words of its stack, and mostly its frames hold
 * the same objects by name.
 */
bool hg_is_of_stack(const struct hg_graph *graph, uint32_t from, uint32_t to);

/* The rank of a step by a name out of an object of a C type. */
enum hg_rank hg_data_rank(const struct hg_graph *graph, uint32_t from, uint32_t to);

/*
 * The rank of a step from a root: those to ractors and threads are better than the rest. What a
 * field of a root holds was given to the VM by name, unless it is something of the VM's own.
 */
enum hg_rank hg_root_rank(const struct hg_graph *graph, uint32_t held, uint32_t name);

/*
 * The rank of a step from code, or from a module, by a field: what the VM has remembered there to
 * find a method, a class or a class variable faster is a cache.
 */
enum hg_rank hg_field_rank(const struct hg_graph *graph, uint32_t name);

/*
 * Whether a constant is TOPLEVEL_BINDING, which MRI defines. It holds what the frame of the
 * program's first file holds, by the same names.
 */
bool hg_is_toplevel_binding(const struct hg_graph *graph, uint32_t name);

/* Whether an object of this type may have such fields. */
static inline bool
hg_has_cache_fields(uint8_t type) {
    return type == HG_T_IMEMO || type == HG_T_CLASS || type == HG_T_MODULE || type == HG_T_ICLASS;
}

/* The rank of a step over this edge: no path over it has a better rank. */
static inline enum hg_rank
hg_step_rank(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t name) {
    if (hg_flags(graph, from) & HG_N_CONSERVATIVE) return HG_RANK_STACK;
    if (hg_flags(graph, from) & HG_N_VM_CACHE) return HG_RANK_CACHE;
    switch (hg_edge_kind(name)) {
    case HG_E_FRAME:
    case HG_E_FRAME_LOCAL:
    case HG_E_FIBER_LOCAL:
        return HG_RANK_FRAME;
    case HG_E_GLOBAL:
        return HG_RANK_NAMED;
    case HG_E_CONSTANT:
        if (hg_is_toplevel_binding(graph, name)) return HG_RANK_ROOT;
        break;
    case HG_E_FIELD:
        if (hg_has_cache_fields(hg_type(graph, from))) return hg_field_rank(graph, name);
        break;
    case HG_E_REFERENCE:
        if (hg_type(graph, from) == HG_T_DATA && hg_is_of_stack(graph, from, to)) {
            return HG_RANK_FRAME;
        }
        break;
    default:
        break;
    }
    if (hg_type(graph, from) == HG_T_ROOT) return hg_root_rank(graph, to, name);
    return hg_type(graph, from) == HG_T_DATA ? hg_data_rank(graph, from, to) : HG_RANK_NAMED;
}

/* The cost of a path whose cost is `cost` after one more step. */
static inline uint32_t
hg_step_cost(const struct hg_graph *graph, uint32_t cost, uint32_t from, uint32_t to,
             uint32_t name) {
    enum hg_rank rank = hg_step_rank(graph, from, to, name), before = hg_path_rank(cost);
    return hg_path_cost(rank > before ? rank : before,
                        hg_path_length(cost) + hg_step_length(graph, to, name));
}

#endif
