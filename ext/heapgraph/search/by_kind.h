/*
 * Place in the flow: below find. The objects of some kinds that retain most. The kinds say how many
 * objects there are, and only two columns are read, in the order of positions.
 */
#ifndef HEAPGRAPH_BY_KIND_H
#define HEAPGRAPH_BY_KIND_H

#include "base/best.h"
#include "search/find.h"

/*
 * Answers as hg_find, by what a whole kind is: by class, by type, reachable or not. *done is false
 * if that is not enough: if each object has to be looked at for another condition or because a kind
 * has objects of several types, or if garbage, which comes last, is on the page. Then `best` may
 * have anything, and hg_find has to look at the objects. Otherwise `best`, whose room is the end of
 * the page, has the objects, not yet sorted. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_find_by_kind(const struct hg_graph *graph, const struct hg_tree *tree,
                               const struct hg_filter *filter, struct hg_task *task,
                               struct hg_best *best, struct hg_found *found, bool *done)
    __attribute__((warn_unused_result));

#endif
