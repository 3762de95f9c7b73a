/*
 * Place in the flow: it takes numbered nodes and finds their immediate dominators. Semi-NCA
 * (Georgiadis 2005) finds semidominators by path compression, as Lengauer-Tarjan does. But the
 * immediate dominator is the nearest common ancestor in the tree that has been built so far, which
 * needs no buckets.
 */
#ifndef HEAPGRAPH_SEMI_NCA_H
#define HEAPGRAPH_SEMI_NCA_H

#include "tree/numbering.h"

/*
 * Makes vertex[n].parent the immediate dominator of each number n. After that `preds` has no
 * meaning, and the edges have been freed. HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE (more
 * than 2^32-1 edges).
 */
enum hg_status hg_semi_nca(struct hg_numbering *numbering, struct hg_task *task)
    __attribute__((warn_unused_result));

#endif
