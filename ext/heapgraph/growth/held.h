/*
 * Place in the flow: above growth_follow, beside way_list. Of many objects, which are held in one
 * way. The ways are those of Leaks::Signature, which are told apart by words; here they are told
 * apart by numbers, so that words are only needed for one object of each way. Two objects whose
 * signatures differ are never alike here; of equal signatures there may be several ways.
 */
#ifndef HEAPGRAPH_HELD_H
#define HEAPGRAPH_HELD_H

#include "paths/paths.h"

/* An object of which somebody asks, and what else tells it apart: hd_survivor of the dumper. */
struct hg_asked {
    uint64_t address, bytes;
    uint32_t run, site, klass, age;
};
_Static_assert(sizeof(struct hg_asked) == 32, "no padding");

/* Objects of one run, site and class that are held in one way. */
struct hg_held {
    uint32_t first; /* the first of them, as an index of what was asked */
    uint32_t way;   /* the same for other runs, if site, class and way are the same: its `first` */
    uint64_t objects, bytes;
};

struct hg_held_list {
    struct hg_held *items; /* in the order of `first` */
    size_t count, room;
};

/*
 * Puts objects together that are alike. What the graph does not have, or nothing holds, is one way.
 * The time is that for all nodes on the paths, each once; needs 12 bytes per node while it works.
 * hg_held_free frees the list. HG_OK · HG_STOPPED · HG_NO_MEMORY; after the last two there is
 * nothing to free.
 */
enum hg_status hg_held_find(const struct hg_graph *graph, const struct hg_parents *parents,
                            const struct hg_asked *asked, size_t count, struct hg_task *task,
                            struct hg_held_list *list) __attribute__((warn_unused_result));

/* Frees a list; one that is zeroed or freed already is allowed. */
void hg_held_free(struct hg_held_list *list);

#endif
