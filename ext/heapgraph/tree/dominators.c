/*
 * Place in the flow: see dominators.h. Lays out the tree that numbering.c and semi_nca.c find:
 * gives each node its position in preorder, and sums up what each retains.
 */
#include "tree/dominators.h"

#include <string.h>

#include "base/array.h"
#include "base/progress.h"
#include "tree/numbering.h"
#include "tree/semi_nca.h"

struct owned {
    uint32_t *position, *node, *end, *up;
    uint64_t *retained;
};

/*
 * A dominator has a smaller number than what it dominates. So the sizes of subtrees are summed up
 * from the last number to the first. Then positions are given from the first number to the last:
 * each number takes the next free positions in the run of its dominator.
 *
 * The semidominators are not needed any more. So `preds` of a vertex is first the size of its
 * subtree, later the next free position in its run.
 */
static enum hg_status
give_positions(const struct hg_numbering *numbering, struct hg_task *task,
               const struct owned *owned) {
    uint32_t reached = numbering->reached;
    const uint32_t *node = numbering->node;
    struct hg_vertex *vertex = numbering->vertex;

    hg_phase(task, "laying out", reached);
    owned->up[0] = 0;
    for (uint32_t at = 0; at < reached; at++) {
        vertex[at].preds = 1;
        if (at % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
    }
    for (uint32_t at = reached - 1; at > 0; at--) {
        vertex[vertex[at].parent].preds += vertex[at].preds;
        if (at % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
    }

    for (uint32_t at = 0; at < reached; at++) {
        uint32_t begin = 0, size = vertex[at].preds;
        if (at > 0) {
            uint32_t above = vertex[at].parent;
            begin = vertex[above].preds;
            vertex[above].preds += size;
            owned->up[begin] = owned->position[node[above]];
        }
        vertex[at].preds = begin + 1;
        owned->end[begin] = begin + size;
        owned->position[node[at]] = begin;
        if (at % HG_STRIDE == 0 && !hg_step(task, at)) return HG_STOPPED;
    }
    return HG_OK;
}

static enum hg_status
sum_up(const struct hg_graph *graph, const struct owned *owned, struct hg_task *task,
       struct hg_tree *tree) {
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (node % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
        uint32_t at = owned->position[node];
        uint64_t bytes = hg_memsize(graph, node);
        bool reached = at != HG_NO_NODE;
        if (reached) {
            owned->node[at] = node;
            owned->retained[at] = bytes;
        }
        if (node >= graph->objects) continue;
        *(reached ? &tree->reachable_objects : &tree->unreachable_objects) += 1;
        *(reached ? &tree->reachable_bytes : &tree->unreachable_bytes) += bytes;
    }
    for (uint32_t at = tree->reached - 1; at > 0; at--) {
        owned->retained[owned->up[at]] += owned->retained[at];
        if (at % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
    }
    return HG_OK;
}

/* Makes a tree by position of the immediate dominators by number. */
static enum hg_status
lay_out(const struct hg_graph *graph, struct hg_numbering *numbering, struct hg_task *task,
        struct owned *owned, struct hg_tree *tree) {
    uint32_t reached = tree->reached = numbering->reached;
    size_t size = (size_t)graph->nodes * sizeof(*owned->position);
    owned->position = hg_array_raw(graph->nodes, sizeof(*owned->position));
    owned->end = hg_array_raw(reached, sizeof(*owned->end));
    owned->up = hg_array_raw(reached, sizeof(*owned->up));
    if (!owned->position || !owned->end || !owned->up) return HG_NO_MEMORY;

    memset(owned->position, 0xff, size);
    enum hg_status status = give_positions(numbering, task, owned);
    /* The nodes by number become those by position. */
    owned->node = numbering->node;
    numbering->node = NULL;
    hg_numbering_free(numbering);
    if (status != HG_OK) return status;

    owned->retained = hg_array_raw(reached, sizeof(*owned->retained));
    if (!owned->retained) return HG_NO_MEMORY;
    status = sum_up(graph, owned, task, tree);
    if (status != HG_OK) return status;
    tree->position.array = owned->position;
    tree->node.array = owned->node;
    tree->end.array = owned->end;
    tree->up.array = owned->up;
    tree->retained.array = owned->retained;
    return HG_OK;
}

enum hg_status
hg_tree_build(const struct hg_graph *graph, struct hg_task *task, struct hg_tree *tree) {
    *tree = (struct hg_tree){0};
    struct owned *owned = tree->owned = hg_array(1, sizeof(*owned));
    if (!owned) return HG_NO_MEMORY;

    struct hg_numbering numbering;
    enum hg_status status = hg_number_nodes(graph, task, &numbering);
    if (status == HG_OK) status = hg_semi_nca(&numbering, task);
    if (status == HG_OK) status = lay_out(graph, &numbering, task, owned, tree);
    hg_numbering_free(&numbering);
    if (status != HG_OK) hg_tree_free(tree);
    return status;
}

void
hg_tree_free(struct hg_tree *tree) {
    struct owned *owned = tree->owned;
    if (owned) {
        hg_array_free(owned->position);
        hg_array_free(owned->node);
        hg_array_free(owned->end);
        hg_array_free(owned->up);
        hg_array_free(owned->retained);
        hg_array_free(owned);
    }
    *tree = (struct hg_tree){0};
}
