/*
 * Place in the flow: above the graph, below growth_ways. A thread hands objects on from frame to
 * frame, and is in other frames at each dump. So of the frames of a thread or fiber that hold an
 * object, only the outermost counts: it was there before the others, and will be there after them.
 * A frame holds also what is in the variables of its self, and in those that blocks have captured.
 */
#ifndef HEAPGRAPH_GROWTH_FRAMES_H
#define HEAPGRAPH_GROWTH_FRAMES_H

#include "graph/graph.h"

/*
 * Finds which edges of a node come from frames within another frame that holds the same object:
 * `inner` is by edge, from the first one of the node on, and the caller frees it. It is NULL if
 * there are none. Returns false if there is no memory.
 */
bool hg_frames_inner(const struct hg_graph *graph, uint32_t node, uint8_t **inner)
    __attribute__((warn_unused_result));

#endif
