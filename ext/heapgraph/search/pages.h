/*
 * Place in the flow: above the graph and its tree. How live objects lie on the pages of the heap: a
 * page is given back to the system only when nothing on it lives.
 */
#ifndef HEAPGRAPH_PAGES_H
#define HEAPGRAPH_PAGES_H

#include "tree/dominators.h"

struct hg_pages {
    uint64_t used;           /* pages with at least one live object */
    uint64_t sparse;         /* of those: pages with a tenth of their slots alive, or less */
    uint64_t sparse_objects; /* live objects on them */
    uint64_t dead;           /* pages on which all that the dump has is garbage */
};

/*
 * `page_bytes` is a power of two. The size of a page's slots is taken from the distances of the
 * objects on it. HG_OK or HG_STOPPED.
 */
enum hg_status hg_count_pages(const struct hg_graph *graph, const struct hg_tree *tree,
                              uint64_t page_bytes, struct hg_task *task, struct hg_pages *pages)
    __attribute__((warn_unused_result));

#endif
