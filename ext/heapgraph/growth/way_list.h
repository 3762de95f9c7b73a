/*
 * Place in the flow: above growth, beside leaks. The objects of one dump by how they are held: how
 * many are on each trail of the program (hg_is_of_program), and how much they retain.
 *
 * Modules that have a name, and methods, have a trail each, and there are many of them. Those that
 * are alone on theirs are summed up by their holder: all classes in one namespace, all methods of
 * one class. The singleton class of such a module is not listed.
 */
#ifndef HEAPGRAPH_WAY_LIST_H
#define HEAPGRAPH_WAY_LIST_H

#include "growth/growth.h"
#include "tree/dominators.h"

/* The objects on one trail. */
struct hg_listed_way {
    uint32_t example;        /* the node of one of them, of which no other has a shorter path */
    bool names;              /* they differ in the name of the last step, and are summed up */
    uint64_t objects, bytes; /* as of struct hg_trail_sum */
    uint64_t retained; /* of the objects that none of the others dominates; nothing counts twice */
};

/* Several trails. */
struct hg_listed_sum {
    uint64_t ways, objects, bytes;
};

/* `items`, `other` and `hidden` together have all objects that have a path. */
struct hg_way_list {
    struct hg_listed_way *items;
    size_t count;
    struct hg_listed_sum other;  /* trails of the program that are not among the items */
    struct hg_listed_sum hidden; /* other trails: code, VM, IMEMO, singleton classes of modules */
};

/*
 * Lists the ways of the last dump of a growth, whose tree is `tree`: at most `limit`, those that
 * retain most first, and of those that retain the same, the one first whose path is better
 * (growth_ways.h). One pass goes over all nodes, and one over the positions of the tree; the memory
 * is at most 80 bytes for each trail. hg_way_list_free frees the list. HG_OK · HG_STOPPED ·
 * HG_NO_MEMORY; after the last two there is nothing to free.
 */
enum hg_status hg_list_ways(const struct hg_growth *growth, const struct hg_tree *tree,
                            uint32_t limit, struct hg_task *task, struct hg_way_list *list)
    __attribute__((warn_unused_result));

/* Frees a list; one that is zeroed or freed already is allowed. */
void hg_way_list_free(struct hg_way_list *list);

#endif
