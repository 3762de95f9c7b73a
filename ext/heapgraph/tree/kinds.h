/*
 * Place in the flow: above groups. What people call an object (hg_class_key) as a small number, and
 * what all objects of each kind are together. Both are found once and kept in an index, so that
 * objects by class are known without a look at any of them, and the tree can be folded in the order
 * of its positions. Of the tree that is folded by them, the largest cells are kept too.
 */
#ifndef HEAPGRAPH_KINDS_H
#define HEAPGRAPH_KINDS_H

#include "tree/groups.h"

/* All objects of one kind. Nothing is in it for roots, which have kinds of their own. */
struct hg_kind {
    uint64_t key;         /* hg_class_key */
    uint32_t types;       /* a bit for each enum hg_type that its objects have */
    uint32_t direct;      /* of how many the key itself is the class, not one with it above */
    struct hg_group sums; /* as hg_group_objects counts them, by class and with a tree */
};

struct hg_outlined; /* folded.h */

struct hg_kinds {
    uint32_t count;
    const struct hg_kind *kind;        /* those of objects and roots, in no particular order */
    struct hg_column at;               /* by position in the tree: the number of the kind there */
    uint32_t outlined;                 /* how many cells the outline has */
    const struct hg_outlined *outline; /* see hg_outline */
    void *owned; /* what hg_kinds_free frees; NULL if all is in an index file */
};

/* The kind of the node at a position. */
static inline uint32_t
hg_kind_at(const struct hg_kinds *kinds, uint32_t position) {
    return hg_u32(&kinds->at, position, 0);
}

/*
 * Finds the kinds of a graph with its tree, by one pass over the nodes and one over the positions,
 * and the outline by another one. It keeps 4 bytes per position. HG_OK · HG_STOPPED · HG_NO_MEMORY;
 * after anything but HG_OK there are none.
 */
enum hg_status hg_kinds_build(const struct hg_graph *graph, const struct hg_tree *tree,
                              struct hg_task *task, struct hg_kinds *kinds)
    __attribute__((warn_unused_result));

/* Frees the kinds; what is zeroed or freed already is allowed. */
void hg_kinds_free(struct hg_kinds *kinds);

#endif
