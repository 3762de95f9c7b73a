/*
 * Place in the flow: above the graph. What people call an object, as one number: the class that it
 * shows, or for an object without one, its type and what the VM calls its kind.
 */
#ifndef HEAPGRAPH_CLASS_KEY_H
#define HEAPGRAPH_CLASS_KEY_H

#include "graph/graph.h"

/*
 * The node of the real class (hg_real_class). For an object without one, a number from 2^32 on that
 * stands for its type and its label: the struct of DATA, the imemo_type of IMEMO, the category of a
 * ROOT. (The label of a class or module is its name, and is no part of the key.)
 */
static inline uint64_t
hg_class_key(const struct hg_graph *graph, uint32_t node) {
    uint32_t class = hg_real_class(graph, node);
    if (class != HG_NO_NODE) return class;
    uint8_t type = hg_type(graph, node);
    bool kind = type == HG_T_DATA || type == HG_T_IMEMO || type == HG_T_ROOT;
    return ((uint64_t)type + 1) << 32 | (kind ? hg_label(graph, node) : HG_NO_STRING);
}

/* The class of a key, or HG_NO_NODE. */
static inline uint32_t
hg_key_class(uint64_t key) {
    return key >> 32 ? HG_NO_NODE : (uint32_t)key;
}

/* The label of a key without a class, or HG_NO_STRING. */
static inline uint32_t
hg_key_label(uint64_t key) {
    return key >> 32 ? (uint32_t)key : HG_NO_STRING;
}

#endif
