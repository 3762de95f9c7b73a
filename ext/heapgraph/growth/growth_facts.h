/*
 * Place in the flow: within growth. What is known of a trail from the first node on it: its class,
 * and whether its objects are code, the VM's own, caches, methods, or may grow without getting
 * more.
 */
#ifndef HEAPGRAPH_GROWTH_FACTS_H
#define HEAPGRAPH_GROWTH_FACTS_H

#include "growth/growth.h"
#include "growth/growth_steps.h"

/*
 * Notes the facts of a new trail, from the first node on it; those of the trail above are known.
 * The source has its ways.
 * Returns false if there is no memory.
 */
bool hg_growth_note_facts(struct hg_growth *growth, const struct hg_growth_source *source,
                          struct hg_steps *steps, uint32_t node, uint32_t trail)
    __attribute__((warn_unused_result));

#endif
