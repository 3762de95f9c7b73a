/*
 * Place in the flow: above held_trails, beside way_list. The ways in which many objects are held:
 * those of one class and place that are on one trail (held_trails.h) are held in one way. All are
 * counted, whatever their number. The largest ways are given with the path to one object, and the
 * rest is summed up.
 */
#ifndef HEAPGRAPH_GROWTH_HELD_WAYS_H
#define HEAPGRAPH_GROWTH_HELD_WAYS_H

#include "growth/held_trails.h"

/* An object of which somebody asks, and what else tells it apart: hd_survivor of the dumper. */
struct hg_survivor {
    uint64_t address, bytes;
    uint32_t run, site, klass, age;
};
_Static_assert(sizeof(struct hg_survivor) == 32, "no padding");

struct hg_survivors {
    const struct hg_survivor *items;
    size_t count;          /* less than 2^32 - 1 */
    const uint32_t *place; /* by site */
    uint32_t sites, runs;  /* every item has a site and a run below these */
};

struct hg_held_way {
    uint32_t example; /* an index of items: the first of those with the shortest path */
    enum hg_held_by by;
    size_t path_end; /* where its path ends in `paths`, and that of the next way begins */
};

/*
 * The ways that are not given. What they have for each run is added up; of each way the median is
 * taken before its figures are added to `objects` and `bytes`.
 */
struct hg_held_rest {
    uint64_t ways, objects, bytes;
    uint64_t growing; /* how many of these ways have objects of each run */
    uint64_t few;     /* objects of all runs of ways whose median is 0 */
};

/* Figures by run are in rows of as many numbers as there are runs. */
struct hg_held_ways {
    struct hg_held_way *ways; /* by `by`, and those with most bytes in all runs first */
    size_t count;
    uint64_t *objects, *bytes; /* by way and run */
    struct hg_numbers paths;   /* of hg_held_path */
    struct hg_held_rest rest[HG_HELD_BY_ALL];
    uint64_t *rest_objects; /* by hg_held_by and run */
};

/*
 * Finds the ways, and gives up to `most` of each hg_held_by. hg_held_ways_free frees them. HG_OK ·
 * HG_STOPPED · HG_NO_MEMORY; after the last two there is nothing to free.
 */
enum hg_status hg_held_ways_find(const struct hg_graph *graph, const struct hg_parents *parents,
                                 const struct hg_survivors *survivors, uint32_t most,
                                 struct hg_task *task, struct hg_held_ways *found)
    __attribute__((warn_unused_result));

/* Frees the ways; those that are zeroed or freed already are allowed. */
void hg_held_ways_free(struct hg_held_ways *found);

#endif
