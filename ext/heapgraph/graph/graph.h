/*
 * The graph of one dump: load makes it, and all questions read it. Nothing here knows Ruby's C API;
 * only the files in binding/ do.
 *
 *   reading -> records -> GRAPH -> tree, paths -> search, growth
 *
 * Nodes are consecutive numbers: first the objects of the dump in the order of their addresses,
 * then the ROOT lines in the order of the file, and last one virtual root, which holds all roots:
 *
 *   0 … objects-1                       objects
 *   objects … objects+roots-1           roots
 *   nodes-1                             the virtual root
 *
 * A loaded graph is read-only, and many threads may read it. Its columns are arrays in memory, or
 * packed in a mapped index file; only hg_graph_free frees them.
 */
#ifndef HEAPGRAPH_GRAPH_H
#define HEAPGRAPH_GRAPH_H

#include "base/column.h"
#include "base/numbers.h"
#include "records/account.h"

#include <stddef.h>
#include <string.h>

struct hg_strings; /* interned texts, strings.h */
struct hg_index;   /* addresses <-> nodes, index.h */
struct hg_source;  /* the file, from which lines can be read again, source.h */

struct hg_graph {
    uint32_t objects, roots, nodes; /* `objects` includes those that are HG_T_MISSING */
    uint64_t edges;

    /*
     * The edges of node v lead to target[first[v] … first[v+1]-1]; `name` has their names at the
     * same places. The class of a node is no edge here.
     */
    struct hg_column first; /* nodes + 1 */
    struct hg_column target;
    struct hg_column name;

    /*
     * One element for each node. A node holds its class just as it holds the targets of its edges,
     * so every walk over edges has to visit the class too. HG_NO_NODE for a node without a class.
     */
    struct hg_column class_node;
    struct hg_column memsize; /* bytes; UINT32_MAX if it does not fit: use hg_memsize */
    struct hg_column type;    /* enum hg_type */
    struct hg_column flags;   /* enum hg_node_flag */

    /* Zeroed if the dump has none. */
    struct hg_column location;   /* where allocated: string "file:line", or HG_NO_STRING */
    struct hg_column generation; /* GC count at allocation, UINT32_MAX if unknown */

    /*
     * The one word that a node has of its own, a string or HG_NO_STRING: the name of a CLASS or
     * MODULE (or of a MISSING class, if an instance names it), the struct of DATA, the imemo_type
     * of IMEMO, the category of a ROOT.
     */
    struct hg_column label;

    /*
     * Where in the text the line of a node begins (see hg_source_line); HG_NO_LINE if it has none.
     */
    struct hg_column line;

    /* The nodes whose memsize is UINT32_MAX above, in ascending order, and their sizes in bytes. */
    uint32_t large;
    const uint32_t *large_node;
    const uint64_t *large_memsize;

    struct hg_strings *strings;
    struct hg_index *index;
    struct hg_source *source; /* NULL if lines cannot be read again */
    struct hg_account account;

    /* The mapping in which the arrays are, and its size in bytes. NULL if they are in memory. */
    const void *mapping;
    size_t mapped;

    /* hg_graph_free calls free_owned(owned), and frees the source and the graph itself. */
    void *owned;
    void (*free_owned)(void *owned);
};

/* Of the name of an edge, the upper bits are its kind; see column.h. */
#define HG_NAME_TOP (32 - HG_PAYLOAD_BITS)

#define HG_GRAPH_NUMBER(function, column, top)                                                     \
    static inline uint32_t function(const struct hg_graph *graph, uint64_t i) {                    \
        return hg_u32(&graph->column, i, top);                                                     \
    }
HG_GRAPH_NUMBER(hg_first, first, 0)
HG_GRAPH_NUMBER(hg_target, target, 0)
HG_GRAPH_NUMBER(hg_name, name, HG_NAME_TOP)
HG_GRAPH_NUMBER(hg_class, class_node, 0)
HG_GRAPH_NUMBER(hg_label, label, 0)
HG_GRAPH_NUMBER(hg_line_place, line, 0)
HG_GRAPH_NUMBER(hg_location, location, 0)
HG_GRAPH_NUMBER(hg_generation, generation, 0)
#undef HG_GRAPH_NUMBER

static inline uint8_t
hg_type(const struct hg_graph *graph, uint32_t node) {
    return hg_u8(&graph->type, node);
}

static inline uint8_t
hg_flags(const struct hg_graph *graph, uint32_t node) {
    return hg_u8(&graph->flags, node);
}

/* The size of a node whose memsize in the column is UINT32_MAX. */
uint64_t hg_large_memsize(const struct hg_graph *graph, uint32_t node);

/* The size of a node in bytes, without what it holds. */
static inline uint64_t
hg_memsize(const struct hg_graph *graph, uint32_t node) {
    uint32_t size = hg_u32(&graph->memsize, node, 0);
    return size == UINT32_MAX ? hg_large_memsize(graph, node) : size;
}

/* The address of an object; 0 for a root. */
uint64_t hg_address(const struct hg_graph *graph, uint32_t node);

/* The object at an address, or HG_NO_NODE. */
uint32_t hg_node_at(const struct hg_graph *graph, uint64_t address);

/*
 * The text of an interned string: UTF-8 with a NUL behind it. *length is its size in bytes
 * (`length` may be NULL). Never NULL.
 */
const char *hg_string(const struct hg_graph *graph, uint32_t string, size_t *length);

/* Whether an interned string has this text; false for HG_NO_STRING and HG_PAYLOAD_NONE. */
static inline bool
hg_string_is(const struct hg_graph *graph, uint32_t string, const char *text) {
    if (string == HG_NO_STRING || string == HG_PAYLOAD_NONE) return false;
    size_t length;
    const char *is = hg_string(graph, string, &length);
    return length == strlen(text) && memcmp(is, text, length) == 0;
}

/* Whether a node is a thread or a fiber. */
static inline bool
hg_is_stack(const struct hg_graph *graph, uint32_t node) {
    if (hg_type(graph, node) != HG_T_DATA) return false;
    uint32_t kind = hg_label(graph, node);
    return hg_string_is(graph, kind, "VM/thread") || hg_string_is(graph, kind, "fiber");
}

/* What comes behind a class in its ancestors; HG_NO_NODE if the dump does not say it. */
uint32_t hg_superclass(const struct hg_graph *graph, uint32_t class);

/* Whether a node is the table in which objspace notes allocations, while these are traced. */
bool hg_is_tracing(const struct hg_graph *graph, uint32_t node);

/*
 * The class of an object as people know it: singleton classes and included modules are skipped.
 * HG_NO_NODE for roots and IMEMO, and for the table of hg_is_tracing, which is of class Object only
 * because it has to be of some class.
 */
uint32_t hg_real_class(const struct hg_graph *graph, uint32_t node);

/* The same for the class that objects have: itself, or the first of its ancestors that is shown. */
uint32_t hg_shown_class(const struct hg_graph *graph, uint32_t class);

/*
 * If the graph is in a mapped file, lets the kernel take its pages, as after a pass over them: what
 * is read again comes from the page cache. Other threads may read meanwhile.
 */
void hg_graph_let_go(const struct hg_graph *graph);

void hg_graph_free(struct hg_graph *graph);

#endif
