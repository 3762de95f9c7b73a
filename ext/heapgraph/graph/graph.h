/*
 * The graph of one dump: what load fills in and every question reads. Nothing here knows Ruby's C
 * API; only the files that include binding.h do.
 *
 *   source -> line -> strings, index -> GRAPH -> inverse, dominators, paths -> groups, leaks
 *
 * Nodes are dense numbers: first the objects of the dump in the order of their addresses, then the
 * ROOT lines in the order of the file, last one virtual root that holds all roots:
 *
 *   0 … objects-1          objects
 *   objects … objects+roots-1
 *   nodes-1                the virtual root
 *
 * The graph is read-only once it is loaded, and may be read by many threads. Its arrays lie in
 * memory or in a mapped index file; nobody but hg_graph_free gives them back.
 */
#ifndef HEAPGRAPH_GRAPH_H
#define HEAPGRAPH_GRAPH_H

#include "records/account.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
    HG_T_VIRTUAL_ROOT, /* what holds all roots */
    HG_T_MISSING, /* an object that is referenced and has no line: the dump is cut off or foreign */
};

/*
 * What names an edge: a kind (the upper 5 bits) and what belongs to it (the lower 27). Where the
 * payload does not fit, the edge loses its payload (HG_PAYLOAD_NONE), never itself.
 */
enum hg_edge_kind {
    HG_E_REFERENCE, /* held, but nobody knows as what                  no payload */
    HG_E_FIELD,     /* a field of the line: superclass, iseq, env …    string     */
    HG_E_IVAR,      /* @user                                           string     */
    HG_E_INDEX,     /* [3] of an array or set                          the index  */
    HG_E_KEY,       /* a key of the hash                               position   */
    HG_E_VALUE, /* value in a hash, key is no object               string: the key in Ruby: :a 1.5 nil */
    HG_E_VALUE_AT,  /* value in a hash, key is an object               its node   */
    HG_E_VALUE_INT, /* value in a hash, key is an Integer from 0 on    the Integer */
    HG_E_MEMBER,    /* member of a struct                              string     */
    HG_E_CONSTANT,  /* constant of a module                            string     */
    HG_E_CVAR,      /* class variable                                  string     */
    HG_E_METHOD,    /* method entry of a module                        string     */
    HG_E_GLOBAL,    /* global variable                                 string     */
    HG_E_CAPTURED,  /* variable of an env, captured by a block         string     */
    HG_E_FRAME, /* of a frame: iseq, self, env …                   string: "label file:line \x1f what" */
    HG_E_FRAME_LOCAL, /* local variable of a frame                       string: "label file:line \x1f name" */
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

/* How a ROOT line, or what an object is for the VM, colours the paths through it. */
enum hg_node_flag {
    HG_N_CONSERVATIVE = 1 << 0, /* the root of machine stacks: it may hold by chance */
    HG_N_VM_CACHE =
        1 << 1, /* call and constant caches, method tables of the VM: hold, but are no cause */
    HG_N_SINGLETON = 1 << 2, /* a singleton class */
    HG_N_FROZEN = 1 << 3,
    HG_N_OLD = 1 << 4,
    HG_N_SHARED = 1 << 5, /* memory counted at another object, which is its shared_root */
    HG_N_ERROR = 1 << 6,  /* the line has "error" */
    HG_N_FINALIZER = 1 << 7,
};

struct hg_strings; /* interned texts, strings.h */
struct hg_index;   /* addresses <-> nodes, index.h */
struct hg_source;  /* the file, for reading one line again, source.h */

struct hg_graph {
    uint32_t objects, roots, nodes; /* objects: HG_T_MISSING ones as well */
    uint64_t edges;

    /* Edges of node v: target[first[v] … first[v+1]-1], with their names. The class is no edge here. */
    const uint32_t *first; /* nodes + 1 */
    const uint32_t *target;
    const uint32_t *name;

    /*
     * One for each node. The class is held as edges are: every walk over out-edges has to visit it.
     * HG_NO_NODE where there is none.
     */
    const uint32_t *class_node;
    const uint32_t *memsize; /* bytes; larger ones are UINT32_MAX here: use hg_memsize */
    const uint8_t *type;     /* enum hg_type */
    const uint8_t *flags;    /* enum hg_node_flag */

    /* NULL where the dump has none. Strings: "file:line". */
    const uint32_t *location;   /* where allocated, HG_NO_STRING if unknown */
    const uint32_t *generation; /* GC count at allocation, UINT32_MAX if unknown */

    /*
     * The one word that a node has for itself, a string or HG_NO_STRING: the name of a CLASS or
     * MODULE (and of a MISSING class, where an instance tells it), struct of DATA, imemo_type of
     * IMEMO, category of a ROOT.
     */
    const uint32_t *label;

    /* Where the line of a node begins in the text: see hg_source_line. HG_NO_LINE without one. */
    const uint32_t *line;

    /* Nodes whose memsize is UINT32_MAX above, in ascending order, and what it is. */
    uint32_t large;
    const uint32_t *large_node;
    const uint64_t *large_memsize;

    struct hg_strings *strings;
    struct hg_index *index;
    struct hg_source *source; /* NULL: lines cannot be read again */
    struct hg_account account;

    /* Where the arrays lie in a mapped file: all of it. NULL where they lie in memory. */
    const void *mapping;
    size_t mapped;

    /* What hg_graph_free gives back, together with the source and the graph itself. */
    void *owned;
    void (*free_owned)(void *owned);
};

/* Shallow size of a node in bytes. */
uint64_t hg_memsize(const struct hg_graph *graph, uint32_t node);

/* The address of an object, 0 for a root. */
uint64_t hg_address(const struct hg_graph *graph, uint32_t node);

/* The object at an address, or HG_NO_NODE. */
uint32_t hg_node_at(const struct hg_graph *graph, uint64_t address);

/* Text of an interned string: UTF-8, `length` bytes, also NUL-terminated. Never NULL. */
const char *hg_string(const struct hg_graph *graph, uint32_t string, size_t *length);

/* Whether an interned string is this text; false for HG_NO_STRING and HG_PAYLOAD_NONE. */
static inline bool
hg_string_is(const struct hg_graph *graph, uint32_t string, const char *text) {
    if (string == HG_NO_STRING || string == HG_PAYLOAD_NONE) return false;
    size_t length;
    const char *is = hg_string(graph, string, &length);
    return length == strlen(text) && memcmp(is, text, length) == 0;
}

/*
 * The class that a reader wants to see for an object: singleton classes and includers skipped.
 * HG_NO_NODE for roots and IMEMO.
 */
uint32_t hg_real_class(const struct hg_graph *graph, uint32_t node);

/* Whether an edge keeps its target alive and may stand in paths and trees. */
static inline bool
hg_edge_holds(uint32_t name) {
    return hg_edge_kind(name) != HG_E_WEAK;
}

void hg_graph_free(struct hg_graph *graph);

#endif
