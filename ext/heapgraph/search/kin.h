/*
 * Place in the flow: above dominators. Whether an object belongs to the program, or is one that
 * every Ruby process has, which nobody who looks for memory wants to see first.
 */
#ifndef HEAPGRAPH_KIN_H
#define HEAPGRAPH_KIN_H

#include "tree/dominators.h"

enum hg_kin {
    HG_KIN_PROGRAM, /* what a program makes, also procs and objects of classes in C */
    HG_KIN_VM,      /* what the VM needs for itself: hidden objects, tables, environments; roots */
    HG_KIN_CODE,    /* classes and modules, methods, instructions and their caches */
    HG_KIN_STACK,   /* threads and fibers, whose memory is their stacks */
    HG_KIN_TRACING, /* the table of traced allocations */
    HG_KINS
};

enum hg_kin hg_kin(const struct hg_graph *graph, uint32_t node);

/* How many objects there are, and the sum of their sizes. */
struct hg_kin_sum {
    uint64_t objects, bytes;
};

/*
 * Fills `through` of hg_top, one byte for each node: 1 for what does not belong to the program and
 * is below no object of the program in the tree. So what a thread, a class or a table of the VM
 * holds is shown for itself. `sums`, one for each kin, count the objects that have 1; that of
 * HG_KIN_PROGRAM is 0.
 */
void hg_kin_through(const struct hg_graph *graph, const struct hg_tree *tree, uint8_t *through,
                    struct hg_kin_sum *sums);

#endif
