/*
 * Place in the flow: above dominators. What an object is of: the program's own, or what every Ruby
 * process has, which nobody who looks for memory wants to see first.
 */
#ifndef HEAPGRAPH_KIN_H
#define HEAPGRAPH_KIN_H

#include "tree/dominators.h"

enum hg_kin {
    HG_KIN_PROGRAM, /* what a program makes, procs and the objects of classes in C too */
    HG_KIN_VM,      /* what the VM keeps for itself: hidden objects, tables, environments; roots */
    HG_KIN_CODE,    /* classes and modules, methods, instructions and their caches */
    HG_KIN_STACK,   /* threads and fibers, which consist of their stacks */
    HG_KINS
};

enum hg_kin hg_kin(const struct hg_graph *graph, uint32_t node);

/* Objects and their shallow sizes. */
struct hg_kin_sum {
    uint64_t objects, bytes;
};

/*
 * Fills `through`, one byte for each node, for hg_top: all that is not the program's is looked
 * through, so that what a thread, a class or a table of the VM keeps alive stands for itself.
 * `sums`, one for each kin, is what was looked through so; HG_KIN_PROGRAM has nothing.
 */
void hg_kin_through(const struct hg_graph *graph, const struct hg_tree *tree, uint8_t *through,
                    struct hg_kin_sum *sums);

#endif
