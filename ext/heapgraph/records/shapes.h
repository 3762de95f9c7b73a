/*
 * Names of instance variables for ObjectSpace.dump_all, whose lines have none: SHAPE lines (Ruby
 * 3.2 and later) tell which variables an object has, in the order of their slots, and that is the
 * order in which the object's references stand. Which slot a reference is in can be told only if
 * every slot has one, so only those objects get names that have as many references as variables.
 */
#ifndef HEAPGRAPH_SHAPES_H
#define HEAPGRAPH_SHAPES_H

#include "records/recorder.h"

/* Renames edges in `name`. False without memory. */
bool hg_name_by_shapes(struct hg_recorder *recorders, unsigned threads,
                       const struct hg_units *units, const uint32_t *line, const uint32_t *first,
                       uint32_t *name);

#endif
