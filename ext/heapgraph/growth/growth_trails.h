/*
 * Place in the flow: below growth. The trails of several dumps, as a tree. A trail stands for all
 * objects whose paths have the same steps (growth_steps.h).
 *
 * A step with a name that is on the path already leads back to the trail where it is. So the
 * elements of a list, Node → @next → Node → @next → Node, are on one trail, however many they are.
 * A step without a name (an element, or a reference whose name is not known) leads back only if the
 * step before it is the same there too: the array that a session holds is not the array that holds
 * the session. So on a trail a step with a name is there once at most, and any two steps in a row
 * are: a path is not longer than there are different pairs of steps.
 */
#ifndef HEAPGRAPH_GROWTH_TRAILS_H
#define HEAPGRAPH_GROWTH_TRAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_NO_TRAIL UINT32_MAX

struct hg_trail {
    uint64_t step;
    uint32_t parent; /* always a lower number; HG_NO_TRAIL for the first, where paths begin */
};

struct hg_trails {
    struct hg_trail *items;
    uint32_t count, room;
    struct hg_trail_slot *slots; /* (parent, step) → trail; open addressing */
    uint32_t mask, used;
};

/* Returns false if there is no memory. The first trail has number 0. */
bool hg_trails_init(struct hg_trails *trails) __attribute__((warn_unused_result));
void hg_trails_free(struct hg_trails *trails);

/*
 * The trail to which a step leads from another trail. It is made if there is none. HG_NO_TRAIL if
 * there is no memory, or if there are 2^30 trails already. `named` says whether the step has a
 * name; it must always be the same for the same step.
 */
uint32_t hg_trails_follow(struct hg_trails *trails, uint32_t from, uint64_t step, bool named);

#endif
