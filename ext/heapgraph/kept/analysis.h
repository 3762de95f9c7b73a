/*
 * Place in the flow: above the graph and all that is built from it. Each part is built when it is
 * first needed, or comes from the index of the dump.
 */
#ifndef HEAPGRAPH_ANALYSIS_H
#define HEAPGRAPH_ANALYSIS_H

#include "kept/parts.h"

/*
 * Makes sure that the analysis has a part other than HG_PART_GRAPH. The part comes from the index
 * if that has it. Otherwise it is built, and added to the index if one is open or has been begun.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_TOO_LARGE.
 */
enum hg_status hg_analysis_need(struct hg_analysis *analysis, enum hg_part part,
                                struct hg_task *task) __attribute__((warn_unused_result));

/* Whether a part is there, or the index has it, so that it is not built when it is needed. */
bool hg_analysis_has(const struct hg_analysis *analysis, enum hg_part part);

/*
 * Makes sure that the analysis has all parts but HG_PART_OWN_WAYS, which only comparisons need.
 * Those that have to be built are built by two threads, and so that the most memory that both need
 * at once is not much more than that of loading. The results are those of hg_analysis_need, and so
 * is what it returns.
 */
enum hg_status hg_analysis_need_all(struct hg_analysis *analysis, struct hg_task *task)
    __attribute__((warn_unused_result));

/* Frees all of an analysis: the graph, the mappings, and an index that was begun and not saved. */
void hg_analysis_free(struct hg_analysis *analysis);

#endif
