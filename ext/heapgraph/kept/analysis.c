/* Place in the flow: see analysis.h. */
#include "kept/analysis.h"

#include "base/chunk.h"
#include "kept/layout.h"

enum hg_status
hg_analysis_need(struct hg_analysis *analysis, enum hg_part part, struct hg_task *task) {
    bool found = hg_parts[part].present(analysis);
    if (found) return HG_OK;
    enum hg_status status = hg_index_take(analysis->index, part, task, analysis, &found);
    if (status != HG_OK || found) return status;
    status = hg_parts[part].build(analysis, task);
    return status == HG_OK ? hg_index_add(analysis, part, task) : status;
}

void
hg_analysis_free(struct hg_analysis *analysis) {
    for (int part = HG_PART_TREE; part < HG_PARTS; part++) hg_parts[part].free(analysis);
    hg_graph_free(analysis->graph);
    hg_index_file_free(analysis->index);
    *analysis = (struct hg_analysis){0};
    hg_chunks_release();
}
