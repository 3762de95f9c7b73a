/*
 * Place in the flow: above the graph and its tree. How live objects are spread over the pages of
 * the heap: Ruby gives a page back to the system only when nothing on it is live.
 */
#ifndef HEAPGRAPH_PAGES_H
#define HEAPGRAPH_PAGES_H

#include "base/array.h"
#include "tree/dominators.h"

struct hg_pages {
    uint64_t used;           /* pages with at least one live object */
    uint64_t sparse;         /* of those: pages on which a tenth of the slots or less is live */
    uint64_t sparse_objects; /* live objects on sparse pages */
    uint64_t dead;           /* pages on which all objects of the dump are garbage */
};

/*
 * Counts pages, and adds to `sparse`, unless it is NULL, the live objects on sparse pages in the
 * order of nodes. `page_bytes` is the size of a page, a power of two. The size of the slots of a
 * page is known from the distances between the objects on it. HG_OK · HG_STOPPED · HG_NO_MEMORY
 * (with `sparse` only).
 */
enum hg_status hg_count_pages(const struct hg_graph *graph, const struct hg_tree *tree,
                              uint64_t page_bytes, struct hg_task *task, struct hg_pages *pages,
                              struct hg_numbers *sparse) __attribute__((warn_unused_result));

#endif
