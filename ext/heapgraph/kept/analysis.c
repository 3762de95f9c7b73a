/* Place in the flow: see analysis.h. */
#include "kept/analysis.h"

#include "base/chunk.h"
#include "kept/layout.h"

enum hg_status
hg_analysis_tree(struct hg_analysis *analysis, struct hg_task *task) {
    bool found = analysis->tree.reached != 0;
    if (found) return HG_OK;
    enum hg_status status = hg_index_take(analysis->index, HG_PART_TREE, task, analysis, &found);
    if (status != HG_OK || found) return status;
    status = hg_tree_build(analysis->graph, task, &analysis->tree);
    return status == HG_OK ? hg_index_add(analysis, HG_PART_TREE, task) : status;
}

enum hg_status
hg_analysis_parents(struct hg_analysis *analysis, struct hg_task *task) {
    bool found = analysis->parents.parent != NULL;
    if (found) return HG_OK;
    enum hg_status status = hg_index_take(analysis->index, HG_PART_PARENTS, task, analysis, &found);
    if (status != HG_OK || found) return status;
    status = hg_parents_build(analysis->graph, task, &analysis->parents);
    return status == HG_OK ? hg_index_add(analysis, HG_PART_PARENTS, task) : status;
}

enum hg_status
hg_analysis_inverse(struct hg_analysis *analysis, struct hg_task *task) {
    bool found = analysis->inverse.first != NULL;
    if (found) return HG_OK;
    enum hg_status status = hg_index_take(analysis->index, HG_PART_INVERSE, task, analysis, &found);
    if (status != HG_OK || found) return status;
    status = hg_inverse_build(analysis->graph, task, &analysis->inverse);
    return status == HG_OK ? hg_index_add(analysis, HG_PART_INVERSE, task) : status;
}

void
hg_analysis_free(struct hg_analysis *analysis) {
    hg_tree_free(&analysis->tree);
    hg_parents_free(&analysis->parents);
    hg_inverse_free(&analysis->inverse);
    hg_graph_free(analysis->graph);
    hg_index_file_free(analysis->index);
    *analysis = (struct hg_analysis){0};
    hg_chunks_release();
}
