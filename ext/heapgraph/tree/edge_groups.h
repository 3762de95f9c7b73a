/*
 * Place in the flow: above dominators and the inverse. The references of an object, or those to it,
 * in groups: how many lead over edges of one name to objects of one class. So an object that a
 * million others refer to is described by a few lines, before any of them is listed.
 */
#ifndef HEAPGRAPH_EDGE_GROUPS_H
#define HEAPGRAPH_EDGE_GROUPS_H

#include "graph/inverse.h"
#include "tree/kinds.h"

/*
 * So many groups are told apart, those that are met first. Edges of any further ones count only in
 * hg_edge_groups.references.
 */
#define HG_MOST_EDGE_GROUPS 65536u

/* Edges that have one name, and whose other ends are objects of one class. */
struct hg_edge_group {
    uint32_t name;       /* that of the edges, but HG_PAYLOAD_NONE where it names an element */
    uint32_t example;    /* of the objects at their other ends: that which retains most */
    uint64_t references; /* how many edges these are */
    uint64_t objects;    /* how many objects these are; 0 for references, where it is not counted */
};

struct hg_edge_groups {
    struct hg_edge_group *items; /* those with most edges, the first that was met first */
    size_t count;
    uint64_t groups;     /* how many groups were told apart, those not among the items too */
    uint64_t references; /* how many edges there are in all */
};

/*
 * Groups the edges to a node; the objects whose class it is are a group of their own, over edges of
 * the kind HG_E_CLASS. The edges of an array to its elements have one name, and so have those of a
 * hash to its keys, and those to its values. At most `limit` groups are returned. The time is that
 * of hg_each_referrer, the memory that of the groups. If `kinds` (or NULL) have the instances as a
 * whole, none of them is looked at. HG_OK · HG_STOPPED · HG_NO_MEMORY; after the
 * last two there is nothing to free.
 */
enum hg_status hg_group_referrers(const struct hg_graph *graph, const struct hg_tree *tree,
                                  const struct hg_inverse *inverse, const struct hg_kinds *kinds,
                                  uint32_t node, uint32_t limit, struct hg_task *task,
                                  struct hg_edge_groups *groups)
    __attribute__((warn_unused_result));

/* The same for the edges of a node, and for that to its class. */
enum hg_status hg_group_references(const struct hg_graph *graph, const struct hg_tree *tree,
                                   uint32_t node, uint32_t limit, struct hg_task *task,
                                   struct hg_edge_groups *groups)
    __attribute__((warn_unused_result));

/* Frees the groups; zeroed ones are allowed. */
void hg_edge_groups_free(struct hg_edge_groups *groups);

#endif
