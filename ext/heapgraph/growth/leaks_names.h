/*
 * Place in the flow: beside leaks. Names that are made from data: a constant with a class for each
 * customer, a fiber-local variable for each request. Each of these objects has a path of its own,
 * so no trail grows. What grows is the number of names below one trail.
 */
#ifndef HEAPGRAPH_LEAKS_NAMES_H
#define HEAPGRAPH_LEAKS_NAMES_H

#include "growth/growth.h"

#define HG_MAX_NAMES 32

/* A kind of names of which the objects of one trail have more in each dump. */
struct hg_leak_names {
    uint32_t trail; /* the trail whose objects have the names */
    uint8_t kind;   /* enum hg_edge_kind: CONSTANT, IVAR, CVAR, METHOD, GLOBAL, FIBER_LOCAL */
    uint32_t count[HG_MAX_DUMPS]; /* this kind, this trail, by dump: names */
};

/* Finds such names, at most HG_MAX_NAMES, those that grew most first. HG_OK · HG_NO_MEMORY. */
enum hg_status hg_leaks_names(const struct hg_growth *growth, struct hg_leak_names *names,
                              uint32_t *found) __attribute__((warn_unused_result));

/*
 * Writes at most `limit` of the nodes of a dump that are held by such names to `nodes`. Returns how
 * many.
 */
uint32_t hg_leaks_named(const struct hg_growth *growth, uint32_t dump,
                        const struct hg_leak_names *names, uint32_t *nodes, uint32_t limit);

#endif
