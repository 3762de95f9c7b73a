/*
 * Place in the flow: beside leaks. Names made from data: a class for each customer as a constant, a
 * thread-local for each request. Every such object is held in a way of its own, so no trail grows;
 * what grows is the number of names below one trail.
 */
#ifndef HEAPGRAPH_LEAKS_NAMES_H
#define HEAPGRAPH_LEAKS_NAMES_H

#include "growth/growth.h"

#define HG_MAX_NAMES 32

/* Names of a kind that the objects of one trail have, more in each dump. */
struct hg_leak_names {
    uint32_t trail; /* whose names they are */
    uint8_t kind;   /* enum hg_edge_kind: CONSTANT, IVAR, CVAR, METHOD, GLOBAL, FIBER_LOCAL */
    uint32_t count[HG_MAX_DUMPS]; /* this kind, this trail, by dump: names */
};

/*
 * Finds them, those that grew most first, at most HG_MAX_NAMES. HG_OK · HG_NO_MEMORY.
 */
enum hg_status hg_leaks_names(const struct hg_growth *growth, struct hg_leak_names *names,
                              uint32_t *found) __attribute__((warn_unused_result));

/* The nodes of a dump that are held by such names, at most `limit`. Returns how many. */
uint32_t hg_leaks_named(const struct hg_growth *growth, uint32_t dump,
                        const struct hg_leak_names *names, uint32_t *nodes, uint32_t limit);

#endif
