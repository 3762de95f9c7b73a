/*
 * Place in the flow: below growth. All ways that objects of several dumps are reached on, told apart
 * by their steps alone (growth_steps.h), as a tree: a trail stands for all objects that are reached
 * in the same way.
 *
 * A step that occurs on the way already leads back to where it occurred first. So the elements of a
 * list, Node → @next → Node → @next → Node, are on one trail, however many they are, and there are
 * never more steps on a way than there are different ones. Of steps without a name (references that
 * nobody knows a name of, elements), two in a row have to occur again: the array that a session
 * holds is not the array that holds the session.
 */
#ifndef HEAPGRAPH_GROWTH_TRAILS_H
#define HEAPGRAPH_GROWTH_TRAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_NO_TRAIL UINT32_MAX

struct hg_trail {
    uint64_t step;
    uint32_t parent; /* always of a lower number; HG_NO_TRAIL for the first, where all ways begin */
};

struct hg_trails {
    struct hg_trail *items;
    uint32_t count, room;
    struct hg_trail_slot *slots; /* (parent, step) → trail, open addressing */
    uint32_t mask, used;
};

/* False if there is no memory. The first trail is number 0. */
bool hg_trails_init(struct hg_trails *trails) __attribute__((warn_unused_result));
void hg_trails_free(struct hg_trails *trails);

/*
 * The trail that a step leads to, made if it is new. HG_NO_TRAIL if there is no memory. A step is
 * named or not, always the same.
 */
uint32_t hg_trails_follow(struct hg_trails *trails, uint32_t from, uint64_t step, bool named);

#endif
