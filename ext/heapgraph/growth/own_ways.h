/*
 * Place in the flow: above growth_ways and growth_trails, below growth and kept. What a comparison
 * of dumps needs to know of one of them alone: the way to each object, and on which trail it is. It
 * takes half of the time of a comparison, and does not depend on the other dumps, so an index can
 * keep it.
 */
#ifndef HEAPGRAPH_OWN_WAYS_H
#define HEAPGRAPH_OWN_WAYS_H

#include "growth/growth_trails.h"
#include "growth/growth_ways.h"

/*
 * A trail of one dump, and the objects on it. The bytes of a buffer that arrays share count to the
 * trail of the array. There is nothing between the fields: this goes into a file.
 */
struct hg_own_trail {
    uint64_t step;
    uint64_t count, bytes;
    uint32_t parent; /* always a lower number; HG_NO_TRAIL for the first, where paths begin */
    uint32_t node;   /* the first one that was found on it; HG_NO_NODE for the first trail */
};
_Static_assert(sizeof(struct hg_own_trail) == 32, "no padding");

/*
 * With `paths`, those of paths.h, parents and names are kept as the difference to them, which is 0
 * for nearly all nodes and takes no room in an index.
 */
struct hg_own_ways {
    uint32_t reached;        /* how many nodes have a path */
    uint32_t count;          /* of trails */
    uint32_t firsts;         /* how many trails have an object with a parent */
    struct hg_column order;  /* struct hg_ways says what these are */
    struct hg_column parent; /* by node: see hg_own_parent */
    struct hg_column name;   /* by node: see hg_own_name */
    struct hg_column rank;   /* by node */
    struct hg_column module; /* by node */
    struct hg_column trail;  /* by node: the number of its trail; HG_NO_TRAIL without a path */
    const uint32_t *first;   /* the first object with a parent on each trail, in their order */
    const struct hg_own_trail *trails;
    void *owned; /* what hg_own_ways_free frees; NULL if all is in an index file */
};

/*
 * Finds the ways and trails of a graph. `paths` may be NULL. Keeps 18 bytes per node, and needs 31
 * while it works. HG_OK · HG_STOPPED · HG_NO_MEMORY; after anything but HG_OK there are none.
 */
enum hg_status hg_own_ways_build(const struct hg_graph *graph, const struct hg_parents *paths,
                                 struct hg_task *task, struct hg_own_ways *own)
    __attribute__((warn_unused_result));

/* Frees them; what is zeroed or freed already is allowed. */
void hg_own_ways_free(struct hg_own_ways *own);

/*
 * The ways alone, as arrays, which hg_ways_free frees: copied by several threads. HG_OK ·
 * HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_own_ways_copy(const struct hg_graph *graph, const struct hg_own_ways *own,
                                const struct hg_parents *paths, struct hg_task *task,
                                struct hg_ways *ways) __attribute__((warn_unused_result));

/*
 * The same, but the arrays are those of `own` itself, which was built without paths and has nothing
 * any more then.
 */
void hg_own_ways_take(struct hg_own_ways *own, struct hg_ways *ways);

/* What hg_ways.parent and hg_ways.name are of a node. The paths are those it was built with. */
static inline uint32_t
hg_own_parent(const struct hg_own_ways *own, const struct hg_parents *paths, uint32_t node) {
    return hg_u32(&own->parent, node, 0) + (paths ? hg_parent(paths, node) : 0);
}

static inline uint32_t
hg_own_name(const struct hg_own_ways *own, const struct hg_parents *paths, uint32_t node) {
    return hg_u32(&own->name, node, 0) + (paths ? hg_parent_name(paths, node) : 0);
}

#endif
