/*
 * Place in the flow: numbers in, immediate dominators out. Semi-NCA (Georgiadis 2005): like
 * Lengauer-Tarjan it finds semidominators by path compression, but takes each immediate dominator as
 * the nearest common ancestor in the tree built so far, which needs no buckets.
 */
#ifndef HEAPGRAPH_SEMI_NCA_H
#define HEAPGRAPH_SEMI_NCA_H

#include "tree/numbering.h"

/*
 * Makes vertex[n].parent the immediate dominator of each number n. Its `preds` is anything then, and
 * the edges are used up. HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE (more than 2^32-1 edges).
 */
enum hg_status hg_semi_nca(struct hg_numbering *numbering, struct hg_task *task)
    __attribute__((warn_unused_result));

#endif
