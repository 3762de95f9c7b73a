/*
 * The graph of one dump: what load fills in and every question reads. Nothing here knows Ruby's C
 * API; only the files in binding/ do.
 *
 *   reading -> records -> GRAPH -> tree, paths -> search, growth
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

#include "base/numbers.h"
#include "records/account.h"

#include <stddef.h>
#include <string.h>

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

void hg_graph_free(struct hg_graph *graph);

#endif
