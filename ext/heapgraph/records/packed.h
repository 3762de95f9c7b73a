/*
 * Records of nodes, packed. All of them are in memory while the graph is made, and they are most of
 * the memory that this needs at its peak. An object mostly takes four words of 32 bits, at most
 * seven:
 *
 *   place, line, head, [class], [label], [memsize], [edges]
 *
 * The head has the type, the flags, a small size, a small number of edges, and which of the other
 * words follow.
 */
#ifndef HEAPGRAPH_PACKED_H
#define HEAPGRAPH_PACKED_H

#include "base/list.h"
#include "base/numbers.h"
#include "records/index.h"

/* One object or ROOT line. Its edges come next in the list of edges. */
struct hg_node_record {
    uint32_t place; /* HG_NO_PLACE for a ROOT */
    uint32_t class; /* the place of the class, or HG_NO_PLACE */
    uint32_t memsize;
    uint32_t line; /* where the line begins, in HG_LINE_UNITs */
    uint32_t label;
    uint32_t edges;
    uint8_t type, flags;
};

enum {
    HG_HEAD_TYPE = 5, /* how many bits each field has, from the lowest bit on */
    HG_HEAD_FLAGS = 8,
    HG_HEAD_MEMSIZE = 10, /* in words of 8 bytes; all ones: the size follows */
    HG_HEAD_EDGES = 6,    /* all ones: the number follows */
    HG_FLAGS_AT = HG_HEAD_TYPE,
    HG_MEMSIZE_AT = HG_FLAGS_AT + HG_HEAD_FLAGS,
    HG_EDGES_AT = HG_MEMSIZE_AT + HG_HEAD_MEMSIZE,
    HG_CLASS_AT = HG_EDGES_AT + HG_HEAD_EDGES,
    HG_LABEL_AT,
};

#define HG_LOW_BITS(n) ((1u << (n)) - 1)

static inline bool
hg_pack_word(struct hg_list *list, uint32_t word) {
    uint32_t *to = hg_list_add(list, sizeof word);
    if (to) *to = word;
    return to;
}

/* Adds a record to a list. Returns false if there is no memory. */
static inline bool
hg_pack_node(struct hg_list *list, const struct hg_node_record *node) {
    const uint32_t long_memsize = HG_LOW_BITS(HG_HEAD_MEMSIZE);
    const uint32_t many_edges = HG_LOW_BITS(HG_HEAD_EDGES);
    bool short_memsize = node->memsize % 8 == 0 && node->memsize / 8 < long_memsize;
    uint32_t memsize = short_memsize ? node->memsize / 8 : long_memsize;
    uint32_t edges = node->edges < many_edges ? node->edges : many_edges;
    uint32_t has_class = node->class != HG_NO_PLACE, has_label = node->label != HG_NO_STRING;
    return hg_pack_word(list, node->place) && hg_pack_word(list, node->line) &&
           hg_pack_word(list, node->type | (uint32_t)node->flags << HG_FLAGS_AT |
                                  memsize << HG_MEMSIZE_AT | edges << HG_EDGES_AT |
                                  has_class << HG_CLASS_AT | has_label << HG_LABEL_AT) &&
           (!has_class || hg_pack_word(list, node->class)) &&
           (!has_label || hg_pack_word(list, node->label)) &&
           (short_memsize || hg_pack_word(list, node->memsize)) &&
           (edges < many_edges || hg_pack_word(list, node->edges));
}

static inline uint32_t
hg_unpack_word(struct hg_list_reader *reader) {
    return *(const uint32_t *)hg_list_next(reader, sizeof(uint32_t));
}

/*
 * Reads the next record. *place points to its place in the list, so that the caller can replace it.
 * Returns false at the end.
 */
static inline bool
hg_unpack_node(struct hg_list_reader *reader, struct hg_node_record *node, uint32_t **place) {
    *place = hg_list_next(reader, sizeof **place);
    if (!*place) return false;
    node->place = **place;
    node->line = hg_unpack_word(reader);
    uint32_t head = hg_unpack_word(reader);
    node->type = head & HG_LOW_BITS(HG_HEAD_TYPE);
    node->flags = head >> HG_FLAGS_AT & HG_LOW_BITS(HG_HEAD_FLAGS);
    node->memsize = head >> HG_MEMSIZE_AT & HG_LOW_BITS(HG_HEAD_MEMSIZE);
    node->edges = head >> HG_EDGES_AT & HG_LOW_BITS(HG_HEAD_EDGES);
    node->class = head >> HG_CLASS_AT & 1 ? hg_unpack_word(reader) : HG_NO_PLACE;
    node->label = head >> HG_LABEL_AT & 1 ? hg_unpack_word(reader) : HG_NO_STRING;
    if (node->memsize < HG_LOW_BITS(HG_HEAD_MEMSIZE)) node->memsize *= 8;
    else node->memsize = hg_unpack_word(reader);
    if (node->edges == HG_LOW_BITS(HG_HEAD_EDGES)) node->edges = hg_unpack_word(reader);
    return true;
}

#endif
