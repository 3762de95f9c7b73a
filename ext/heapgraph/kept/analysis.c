/* Place in the flow: see analysis.h. */
#include "kept/analysis.h"

#include <pthread.h>

#include "base/chunk.h"
#include "kept/layout.h"

enum hg_status
hg_analysis_need(struct hg_analysis *analysis, enum hg_part part, struct hg_task *task) {
    bool found = hg_parts[part].present(analysis);
    if (found) return HG_OK;
    enum hg_status status = HG_OK;
    if (part == HG_PART_KINDS) status = hg_analysis_need(analysis, HG_PART_TREE, task);
    if (part == HG_PART_OWN_WAYS) status = hg_analysis_need(analysis, HG_PART_PARENTS, task);
    if (status == HG_OK) status = hg_index_take(analysis->index, part, task, analysis, &found);
    if (status != HG_OK || found) return status;
    status = hg_parts[part].build(analysis, task);
    return status == HG_OK ? hg_index_add(analysis, part, task) : status;
}

bool
hg_analysis_has(const struct hg_analysis *analysis, enum hg_part part) {
    const struct hg_index_file *index = analysis->index;
    return hg_parts[part].present(analysis) ||
           (index && !index->writing && index->header.has[part]);
}

/* What the two threads of hg_analysis_need_all share. */
struct building {
    struct hg_analysis *analysis;
    struct hg_task *task;
    pthread_mutex_t lock; /* of the analysis and its index */
    _Atomic enum hg_status status;
};

/*
 * Builds a part in an analysis of its own, so that two threads do not write to the same one, and
 * then gives it to the common one.
 */
static enum hg_status
build_beside(struct building *building, enum hg_part part) {
    struct hg_analysis *analysis = building->analysis;
    pthread_mutex_lock(&building->lock);
    struct hg_analysis own = {.graph = analysis->graph, .tree = analysis->tree};
    bool found = hg_parts[part].present(analysis);
    enum hg_status status = HG_OK;
    if (!found) status = hg_index_take(analysis->index, part, building->task, analysis, &found);
    pthread_mutex_unlock(&building->lock);
    if (status != HG_OK || found) return status;
    status = hg_parts[part].build(&own, building->task);
    if (status != HG_OK) return status;
    pthread_mutex_lock(&building->lock);
    hg_parts[part].move(&own, analysis);
    status = hg_index_add(analysis, part, building->task);
    pthread_mutex_unlock(&building->lock);
    return status;
}

/*
 * What each thread builds takes about as long. The kinds need the tree, which no other thread
 * changes. The inverse comes first, as it needs the least memory and the tree most of it in the
 * beginning.
 */
static void
build_some(void *data, unsigned thread) {
    struct building *building = data;
    static const enum hg_part parts[2][2] = {{HG_PART_TREE, HG_PART_KINDS},
                                             {HG_PART_INVERSE, HG_PART_PARENTS}};
    for (int i = 0; i < 2 && building->status == HG_OK; i++) {
        enum hg_status status = build_beside(building, parts[thread][i]);
        if (status != HG_OK) building->status = status;
    }
}

enum hg_status
hg_analysis_need_all(struct hg_analysis *analysis, struct hg_task *task) {
    struct building building = {.analysis = analysis, .task = task};
    pthread_mutex_init(&building.lock, NULL);
    hg_parallel(2, build_some, &building);
    pthread_mutex_destroy(&building.lock);
    return building.status;
}

void
hg_analysis_free(struct hg_analysis *analysis) {
    for (int part = HG_PART_TREE; part < HG_PARTS; part++) hg_parts[part].free(analysis);
    hg_graph_free(analysis->graph);
    hg_index_file_free(analysis->index);
    *analysis = (struct hg_analysis){0};
    hg_chunks_release();
}
