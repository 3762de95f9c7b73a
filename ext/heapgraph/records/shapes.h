/*
 * Names of instance variables for ObjectSpace.dump_all, whose object lines have none. The SHAPE
 * lines (Ruby 3.2 and later) say which variables an object has in the order of its slots, and its
 * references are in the same order. But a slot without a reference leaves no gap, so an object gets
 * names only if it has as many references as variables.
 */
#ifndef HEAPGRAPH_SHAPES_H
#define HEAPGRAPH_SHAPES_H

#include "records/recorder.h"

/*
 * Writes the names of instance variables to `name`, where the edges of node v begin at first[v].
 * `line` says by node which line counts. Returns false if there is no memory.
 */
bool hg_name_by_shapes(struct hg_recorder *recorders, unsigned threads,
                       const struct hg_units *units, const uint32_t *line, const uint32_t *first,
                       uint32_t *name);

#endif
