/*
 * Place in the flow: above graph and inverse. Why an object is alive: paths from a root to it, the
 * one that names a cause first.
 *
 * A path is a list of steps, each an edge. Every object is mostly held in several ways, and the
 * shortest may run through a call cache or a stale word of a machine stack. So paths are compared by
 * rank first and by length second:
 *
 *   rank of a path    the worst rank of its steps
 *     HG_RANK_NAMED     from a named module or a global variable
 *     HG_RANK_FRAME     through a frame of a thread or fiber or a fiber-local variable, or without a
 *                       name out of one; from a root to a thread or ractor; between threads and
 *                       their ractor
 *     HG_RANK_ROOT      from any other root of the VM
 *     HG_RANK_CACHE     out of a node with HG_N_VM_CACHE
 *     HG_RANK_STACK     out of a root with HG_N_CONSERVATIVE
 *   length of a path  the sum over its steps
 *     1                 what an application names: instance, class and global variables, constants,
 *                       elements, values, members, captured and local variables
 *     2                 how the VM is built: fields, methods, keys, classes, frames
 *     3                 references without a name
 *     0                 from the virtual root to a root
 *
 * Named modules are the classes and modules that Object leads to by constants alone (in a dump
 * without named constants: all that have a name and are no singletons). They are permanent, so a
 * path begins at the last of them for whoever reads it: their own length is 0 and their rank is
 * HG_RANK_NAMED, whatever holds them. What lies on the way to Object is held as on that way.
 *
 * The paths are a tree, so the beginning of each is itself the best path to where it leads. Of equal
 * ones, every run takes the same.
 */
#ifndef HEAPGRAPH_PATHS_H
#define HEAPGRAPH_PATHS_H

#include "graph/inverse.h"
#include "paths/steps.h"

/* The best path to every node at once: a tree below the virtual root. */
struct hg_parents {
    const uint32_t *parent; /* by node; HG_NO_NODE for the virtual root and unreachable nodes */
    const uint32_t
        *name; /* by node: name of the edge from its parent, HG_E_CLASS for class edges */
    const uint32_t *cost;  /* by node: rank << 29 | length; UINT32_MAX where unreachable */
    const uint8_t *module; /* by node: 1 for named modules. Fits `through` of hg_top */
    void *owned;
};

/* HG_OK · HG_STOPPED · HG_NO_MEMORY. Keeps 13 bytes per node. */
enum hg_status hg_parents_build(const struct hg_graph *graph, struct hg_task *task,
                                struct hg_parents *parents) __attribute__((warn_unused_result));

/* Fine on parents that are zeroed or freed already. */
void hg_parents_free(struct hg_parents *parents);

struct hg_path_step {
    uint32_t node; /* where the edge leads */
    uint32_t name; /* of the edge that leads there; HG_E_ROOT for the first step */
};

/*
 * steps[0] is the ROOT, the last one the node that was asked for. steps[holder] is what to begin
 * with when a person reads it: the last named module before the node that was asked for, or else the
 * first object, or else (the path of a root) 0.
 */
struct hg_path {
    struct hg_path_step *steps;
    uint32_t length, holder;
    enum hg_rank rank;
    bool disjoint; /* shares no edge with a path before it in its list, but what leads to modules */
};

/*
 * The best path to a node, by the tree. length is 0 for the virtual root and for unreachable nodes.
 * hg_path_free gives it back. HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_path_to(const struct hg_graph *graph, const struct hg_parents *parents,
                          uint32_t node, struct hg_path *path) __attribute__((warn_unused_result));

/*
 * Up to `limit` paths to a node, all simple (no node twice) and no two the same. The first is that of
 * hg_path_to. Behind it come, best first, those that share no edge with one before (`disjoint`; the
 * edges up to a module that is their holder do not count), then others, best first.
 *
 * It searches backwards from the node over at most `budget` edges (0: 200,000), and for each
 * referrer that it meets there is one path: the best one to the referrer, and on from there. `more`
 * says that the budget did not suffice, so that there may be other holders.
 *
 * `paths` has room for `limit`; hg_path_free gives each of the `found` back.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY; then nothing is found.
 */
enum hg_status hg_paths(const struct hg_graph *graph, const struct hg_inverse *inverse,
                        const struct hg_parents *parents, uint32_t node, uint32_t limit,
                        uint64_t budget, struct hg_task *task, struct hg_path *paths,
                        uint32_t *found, bool *more) __attribute__((warn_unused_result));

/* Fine on a path that is zeroed or freed already. */
void hg_path_free(struct hg_path *path);

/*
 * The name of the edge from one node to another: of parallel ones that which costs least above,
 * the first of those. HG_E_WEAK only if all are weak. False if there is no edge. Time: out-edges.
 */
bool hg_edge_between(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t *name);

#endif
