/*
 * Place in the flow: above graph and inverse. Why an object is live: the paths from a root to it,
 * and first the path that names a cause.
 *
 * A path is a list of steps, and each step is an edge. Most objects have several paths, and the
 * shortest one may lead through a call cache or an old word of a machine stack. So paths are
 * compared by rank first, and by length only if their ranks are equal:
 *
 *   rank of a path    the worst rank of its steps
 *     HG_RANK_NAMED     from a named module or a global variable, or from a field of a root: a
 *                       handler of a signal, an object that C code has pinned
 *     HG_RANK_FRAME     through a frame of a thread or fiber, through a fiber-local variable, or
 *                       by a reference without a name out of a thread or fiber; from a root to a
 *                       thread or ractor; between threads and their ractor
 *     HG_RANK_ROOT      from any other root of the VM; through the constant TOPLEVEL_BINDING
 *     HG_RANK_CACHE     out of a node with HG_N_VM_CACHE; by a field with what the VM remembers
 *     HG_RANK_STACK     out of a root with HG_N_CONSERVATIVE
 *   length of a path  the sum of the lengths of its steps
 *     1                 what an application names: instance, class and global variables, constants,
 *                       elements, values, members, captured and local variables
 *     2                 how the VM is built: fields, methods, keys, classes, frames
 *     3                 references without a name
 *     0                 from the virtual root to a root; to what an object's variables are kept in
 *
 * Named modules are the classes and modules that Object leads to by constants alone (in a dump
 * without named constants: all that have a name, are no singletons and not former, see former.h).
 * They are permanent. So for people a path begins at the last named module on it: the path to a
 * named module has length 0 and rank HG_RANK_NAMED, whatever holds the module. The nodes on the
 * path to Object have the parents and costs that they have on that path.
 *
 * The paths are a tree: the beginning of each path is itself the best path to the node where it
 * ends. If two paths are equally good, each run takes the same one.
 */
#ifndef HEAPGRAPH_PATHS_H
#define HEAPGRAPH_PATHS_H

#include "graph/inverse.h"
#include "paths/steps.h"

/* The best paths to all nodes: a tree below the virtual root. */
struct hg_parents {
    struct hg_column parent; /* by node; HG_NO_NODE for the virtual root and unreachable nodes */
    struct hg_column name; /* by node: name of the edge from its parent; HG_E_CLASS if it is none */
    struct hg_column cost; /* by node: rank << 29 | length; UINT32_MAX if it is unreachable */
    struct hg_column module; /* by node: 1 for named modules. May be `through` of hg_top */
    void *owned;
};

static inline uint32_t
hg_parent(const struct hg_parents *parents, uint32_t node) {
    return hg_u32(&parents->parent, node, 0);
}

static inline uint32_t
hg_parent_name(const struct hg_parents *parents, uint32_t node) {
    return hg_u32(&parents->name, node, HG_NAME_TOP);
}

static inline uint32_t
hg_parent_cost(const struct hg_parents *parents, uint32_t node) {
    return hg_u32(&parents->cost, node, HG_COST_TOP);
}

static inline bool
hg_parent_module(const struct hg_parents *parents, uint32_t node) {
    return hg_u8(&parents->module, node);
}

/* Finds the best paths. Keeps 13 bytes per node. HG_OK · HG_STOPPED · HG_NO_MEMORY. */
enum hg_status hg_parents_build(const struct hg_graph *graph, struct hg_task *task,
                                struct hg_parents *parents) __attribute__((warn_unused_result));

/*
 * The same without the edges that have a bit in `cut`, which has one for each edge. What only these
 * hold is unreachable. Which modules are former ones (former.h) is judged by all edges.
 */
enum hg_status hg_parents_build_without(const struct hg_graph *graph, const uint64_t *cut,
                                        struct hg_task *task, struct hg_parents *parents)
    __attribute__((warn_unused_result));

/* Frees the parents; those that are zeroed or freed already are allowed. */
void hg_parents_free(struct hg_parents *parents);

struct hg_path_step {
    uint32_t node; /* to which the edge leads */
    uint32_t name; /* of the edge; HG_E_ROOT for the first step */
};

/*
 * steps[0] is the ROOT, and the last step is the node that was asked for. steps[holder] is where a
 * path for people begins: at the last named module before the node that was asked for; if there is
 * none, at the first object; in the path of a root, at step 0.
 */
struct hg_path {
    struct hg_path_step *steps;
    uint32_t length, holder;
    enum hg_rank rank;
    bool disjoint; /* shares no edge with a path before it, except edges that lead to modules */
};

/*
 * Finds the best path to a node. Its length is 0 for the virtual root and for unreachable nodes.
 * hg_path_free frees it. HG_OK or HG_NO_MEMORY.
 */
enum hg_status hg_path_to(const struct hg_graph *graph, const struct hg_parents *parents,
                          uint32_t node, struct hg_path *path) __attribute__((warn_unused_result));

/*
 * Finds up to `limit` paths to a node. Each is simple (no node is twice on it), and no two are the
 * same. The first one is that of hg_path_to. Behind it come, best first, the paths that share no
 * edge with one before them (`disjoint`; edges that lead to the module at which a path begins do
 * not count), and then all others, best first.
 *
 * The search goes backwards from the node over at most `budget` edges (0 means 200,000). Each
 * referrer that it meets gives one path: the best path to the referrer, and from there on to the
 * node. *more says that the budget was used up, so that there may be other holders.
 *
 * `paths` has room for `limit` paths; hg_path_free frees each of the *found paths. HG_OK ·
 * HG_STOPPED · HG_NO_MEMORY; after the last two nothing is found.
 */
enum hg_status hg_paths(const struct hg_graph *graph, const struct hg_inverse *inverse,
                        const struct hg_parents *parents, uint32_t node, uint32_t limit,
                        uint64_t budget, struct hg_task *task, struct hg_path *paths,
                        uint32_t *found, bool *more) __attribute__((warn_unused_result));

/* Frees a path; one that is zeroed or freed already is allowed. */
void hg_path_free(struct hg_path *path);

/*
 * Finds the name of the edge from one node to another. Of parallel edges it is that which costs
 * least as above, or the first of several such. If no edge holds the target, it is HG_E_CLASS if
 * the target is the class of `from`, or else that of a weak edge. Returns false if there is none of
 * these, and then *name stays as it was. The time is that of a scan over the edges of `from`.
 */
bool hg_edge_between(const struct hg_graph *graph, uint32_t from, uint32_t to, uint32_t *name);

#endif
