/*
 * For a dump without roots: where the references would have to come from for every object to be
 * alive. Of what holds each other in a circle one object does, and what another one holds needs none
 * of its own: so sizes and paths tell who keeps what.
 */
#ifndef HEAPGRAPH_ENTRIES_H
#define HEAPGRAPH_ENTRIES_H

#include "base/task.h"
#include "graph/graph.h"

/* The edges of the first `objects` nodes, as in a graph. */
struct hg_held_by {
    uint32_t objects;
    const uint32_t *first, *target, *name, *class_node;
};

/*
 * The fewest objects from which all are reached, in ascending order, to `entries`, which has room for
 * all. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_entries(const struct hg_held_by *held, struct hg_task *task, uint32_t *entries,
                          uint32_t *count);

#endif
