/*
 * Place in the flow: beside leaks. Names that are made from data: a constant with a class for each
 * customer, a fiber-local variable for each request. Each of these objects has a trail of its own,
 * so no trail grows. What grows is the number of names below one trail.
 *
 * A name counts if an object is reached by it on its path, and if its trail has a step of its own:
 * names that differ only in their digits, and lead to the same class, count once (growth_steps.h).
 * Names of modules always count one by one.
 */
#ifndef HEAPGRAPH_LEAKS_NAMES_H
#define HEAPGRAPH_LEAKS_NAMES_H

#include "growth/growth.h"

#define HG_MAX_NAMES 32

/* A kind of names of which the objects of one trail have more and more (hg_counts_grow). */
struct hg_leak_names {
    uint32_t trail; /* the trail whose objects have the names */
    uint8_t kind;   /* enum hg_edge_kind: CONSTANT, IVAR, CVAR, METHOD, GLOBAL, FIBER_LOCAL */
    uint32_t count[HG_MAX_DUMPS]; /* this kind, this trail, by dump: names */
};

/*
 * Finds such names, at most HG_MAX_NAMES, those that grew most first. Trails of code and of the VM
 * are left out, those that only caches or stacks lead to, and those that have more objects in the
 * last dump than in the first: that growth is found otherwise. HG_OK or HG_NO_MEMORY; needs 24
 * bytes for each trail and dump.
 */
enum hg_status hg_leaks_names(const struct hg_growth *growth, struct hg_leak_names *names,
                              uint32_t *found) __attribute__((warn_unused_result));

/*
 * Writes one node of a dump for each such name to `nodes`, at most `limit` of them. Returns how
 * many; 0 also if there is no memory.
 */
uint32_t hg_leaks_named(const struct hg_growth *growth, uint32_t dump,
                        const struct hg_leak_names *names, uint32_t *nodes, uint32_t limit);

#endif
