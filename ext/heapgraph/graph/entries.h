/*
 * For a dump without roots: the objects that a root would have to refer to for every object to be
 * live. Of objects that hold each other in a circle, one is enough. An object that another one
 * holds needs no reference from the root. So sizes and paths show which object holds which.
 */
#ifndef HEAPGRAPH_ENTRIES_H
#define HEAPGRAPH_ENTRIES_H

#include "base/task.h"
#include "graph/graph.h"

/* The edges of the first `objects` nodes, as in struct hg_graph. */
struct hg_held_by {
    uint32_t objects;
    const uint32_t *first, *target, *name, *class_node;
};

/*
 * Finds the fewest objects from which all objects are reached, and writes them to `entries` in
 * ascending order. `entries` has room for all objects. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_entries(const struct hg_held_by *held, struct hg_task *task, uint32_t *entries,
                          uint32_t *count);

#endif
