/*
 * Place in the flow: above the graph and its tree, below find. What an object must be, as far as
 * that is known without its line in the dump.
 */
#ifndef HEAPGRAPH_CONDITIONS_H
#define HEAPGRAPH_CONDITIONS_H

#include "tree/dominators.h"

/*
 * What is asked of an object. For those with a set, the set is hg_condition.nodes.
 *
 * An object holds another one directly if an edge that holds leads to it. An edge to a class from
 * its instances does not count. What no program sees is looked through: an object holds directly
 * what the table of its instance variables holds (IMEMO fields), and what a hidden array holds with
 * which an array shares its elements.
 */
enum hg_subject {
    HG_IF_TYPE,             /* the bit 1 << enum hg_type of its type is set in the value */
    HG_IF_CLASS,            /* its class (hg_real_class) is in the set */
    HG_IF_KIND_OF,          /* its class or an ancestor of it is in the set, by superclass edges */
    HG_IF_HELD_BY,          /* a node of the set holds it directly */
    HG_IF_HELD_BY_INSTANCE, /* an object whose class is in the set holds it directly */
    HG_IF_HOLDS,            /* it holds a node of the set directly */
    HG_IF_HOLDS_INSTANCE,   /* it holds an object whose class is in the set directly */
    HG_IF_SIZE,             /* its own size in bytes */
    HG_IF_RETAINED,         /* its retained size in bytes; 0 for garbage */
    HG_IF_OBJECTS,          /* how many nodes it dominates, itself included; 0 for garbage */
    HG_IF_FLAG,             /* one of the bits in the value (HG_N_FROZEN …) is set */
    HG_SUBJECTS
};

/* How it must be related to the value. For those with a set only the first two have a meaning. */
enum hg_relation {
    HG_EQUAL, /* it is so */
    HG_NOT_EQUAL,
    HG_LESS,
    HG_AT_MOST,
    HG_GREATER,
    HG_AT_LEAST,
    HG_RELATIONS
};

struct hg_condition {
    enum hg_subject subject;
    enum hg_relation relation;
    uint64_t value;
    const uint32_t *nodes; /* the set */
    size_t count;

    uint8_t *marks; /* one byte for each node, made by hg_conditions_prepare */
};

/*
 * Prepares conditions for hg_meets. It takes one pass over all nodes or edges for each condition
 * with a set, and a byte for each node. hg_conditions_release frees that, after any status. HG_OK ·
 * HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_conditions_prepare(const struct hg_graph *graph, struct hg_condition *conditions,
                                     size_t count, struct hg_task *task)
    __attribute__((warn_unused_result));
void hg_conditions_release(struct hg_condition *conditions, size_t count);

/* Whether an object meets a condition that is prepared. */
bool hg_meets(const struct hg_graph *graph, const struct hg_tree *tree,
              const struct hg_condition *condition, uint32_t node);

/* Whether the dump says of any class which is its superclass: else HG_IF_KIND_OF is not known. */
bool hg_knows_superclasses(const struct hg_graph *graph);

#endif
