/*
 * What nodes and edges are as numbers: the types and flags of a node, the kinds and names of an
 * edge, and the numbers that stand for no node and for no text.
 */
#ifndef HEAPGRAPH_NUMBERS_H
#define HEAPGRAPH_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#define HG_NO_NODE UINT32_MAX
#define HG_NO_STRING UINT32_MAX

enum hg_type {
    HG_T_UNKNOWN, /* a type that this reader does not know */
    HG_T_OBJECT,
    HG_T_CLASS,
    HG_T_MODULE,
    HG_T_ICLASS,
    HG_T_FLOAT,
    HG_T_STRING,
    HG_T_REGEXP,
    HG_T_ARRAY,
    HG_T_HASH,
    HG_T_STRUCT,
    HG_T_BIGNUM,
    HG_T_FILE,
    HG_T_DATA,
    HG_T_MATCH,
    HG_T_COMPLEX,
    HG_T_RATIONAL,
    HG_T_SYMBOL,
    HG_T_IMEMO,
    HG_T_NODE,
    HG_T_ROOT,         /* a ROOT line */
    HG_T_VIRTUAL_ROOT, /* the node that holds all roots */
    HG_T_MISSING, /* an object that is referenced and has no line: the dump is cut off or foreign */
};

/*
 * The name of an edge is its kind (the upper 5 bits) and a payload, whose meaning depends on the
 * kind (the lower 27). If a payload does not fit, the edge has HG_PAYLOAD_NONE instead; the edge
 * itself is never lost.
 */
enum hg_edge_kind {
    HG_E_REFERENCE, /* a reference of which no name is known          no payload */
    HG_E_FIELD,     /* a field of the line: superclass, iseq, env …    string     */
    HG_E_IVAR,      /* @user                                           string     */
    HG_E_INDEX,     /* [3] of an array or set                          the index  */
    HG_E_KEY,       /* a key of the hash                               position   */
    HG_E_VALUE,     /* value in a hash, key is no object               string: :a 1.5 nil */
    HG_E_VALUE_AT,  /* value in a hash, key is an object               its node   */
    HG_E_VALUE_INT, /* value in a hash, key is an Integer from 0 on    the Integer */
    HG_E_MEMBER,    /* member of a struct                              string     */
    HG_E_CONSTANT,  /* constant of a module                            string     */
    HG_E_CVAR,      /* class variable                                  string     */
    HG_E_METHOD,    /* method entry of a module                        string     */
    HG_E_GLOBAL,    /* global variable                                 string     */
    HG_E_CAPTURED,  /* variable of an env, captured by a block         string     */
    /* Of a frame: iseq, self, env …; string: "label file:line \x1f what". */
    HG_E_FRAME,
    /* Local variable of a frame; string: "label file:line \x1f name". */
    HG_E_FRAME_LOCAL,
    HG_E_FIBER_LOCAL, /* Thread#[]                                       string     */
    HG_E_ROOT,        /* the virtual root holds a root                   no payload */
    HG_E_WEAK,        /* pointed to, not held; never in a path or tree   string or none */
    HG_E_CLASS, /* class_node as an edge: in paths and referrers, never in `name`; no payload */
    HG_E_KINDS
};

#define HG_PAYLOAD_BITS 27
#define HG_PAYLOAD_NONE ((1u << HG_PAYLOAD_BITS) - 1)

static inline uint32_t
hg_edge_name(enum hg_edge_kind kind, uint32_t payload) {
    if (payload > HG_PAYLOAD_NONE) payload = HG_PAYLOAD_NONE;
    return (uint32_t)kind << HG_PAYLOAD_BITS | payload;
}

static inline enum hg_edge_kind
hg_edge_kind(uint32_t name) {
    return (enum hg_edge_kind)(name >> HG_PAYLOAD_BITS);
}

static inline uint32_t
hg_edge_payload(uint32_t name) {
    return name & HG_PAYLOAD_NONE;
}

/* Whether an edge holds its target, so that it may be a part of paths and trees. */
static inline bool
hg_edge_holds(uint32_t name) {
    return hg_edge_kind(name) != HG_E_WEAK;
}

/* Whether an edge leads to an element: of an array or set, or a key or value of a hash. */
static inline bool
hg_edge_is_element(uint32_t name) {
    switch (hg_edge_kind(name)) {
    case HG_E_INDEX:
    case HG_E_KEY:
    case HG_E_VALUE:
    case HG_E_VALUE_AT:
    case HG_E_VALUE_INT:
        return true;
    default:
        return false;
    }
}

/* The name of an edge without an index or key. All values of hashes have one name then. */
static inline uint32_t
hg_edge_without_key(uint32_t name) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    if (!hg_edge_is_element(name)) return name;
    if (kind == HG_E_VALUE || kind == HG_E_VALUE_INT) kind = HG_E_VALUE_AT;
    return hg_edge_name(kind, HG_PAYLOAD_NONE);
}

/*
 * Flags of a node. The first two make the rank of the paths that lead through it worse
 * (paths/paths.h).
 */
enum hg_node_flag {
    HG_N_CONSERVATIVE = 1 << 0, /* the root of machine stacks, which may hold by chance */
    HG_N_VM_CACHE =
        1 << 1, /* call infos, call caches and constant caches: they hold, but are no cause */
    HG_N_SINGLETON = 1 << 2, /* a singleton class */
    HG_N_FROZEN = 1 << 3,
    HG_N_OLD = 1 << 4,
    HG_N_SHARED = 1 << 5, /* its memory is counted at another object, its shared_root */
    HG_N_ERROR = 1 << 6,  /* the line has "error" */
    HG_N_FINALIZER = 1 << 7,
};

#endif
