/*
 * Place in the flow: above graph and algorithms. What is built from the graph is built when it is
 * first needed, or comes from the dump's index.
 */
#ifndef HEAPGRAPH_ANALYSIS_H
#define HEAPGRAPH_ANALYSIS_H

#include "kept/parts.h"

/*
 * Makes sure that the analysis has a part, which is not HG_PART_GRAPH: by the index if that has it,
 * or else by computing it; then it is added to the index, if one is open or has been begun.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE.
 */
enum hg_status hg_analysis_need(struct hg_analysis *analysis, enum hg_part part,
                                struct hg_task *task) __attribute__((warn_unused_result));

/* Gives all of it back: the graph, the mapping, and an index that was begun and not saved. */
void hg_analysis_free(struct hg_analysis *analysis);

#endif
