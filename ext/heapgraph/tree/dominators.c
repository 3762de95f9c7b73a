/*
 * Place in the flow: see dominators.h. Lays out the tree that numbering.c and semi_nca.c find:
 * gives each node its position in preorder, and sums up what each retains.
 */
#include "tree/dominators.h"

#include "base/array.h"
#include "base/progress.h"
#include "tree/numbering.h"
#include "tree/semi_nca.h"

struct owned {
    uint32_t *position, *node, *end, *up;
    uint64_t *retained;
};

/* The run of positions that the node of a number dominates. */
struct run {
    uint32_t begin; /* the position of the node itself */
    uint32_t next;  /* first the size of the run, later its next free position */
};

/*
 * A dominator has a smaller number than what it dominates. So the sizes of subtrees are summed up
 * from the last number to the first. Then positions are given from the first number to the last:
 * each number takes the next free positions in the run of its dominator.
 */
static enum hg_status
give_positions(const struct hg_numbering *numbering, struct run *runs, struct hg_task *task,
               struct owned *owned) {
    uint32_t reached = numbering->reached;
    const struct hg_vertex *vertex = numbering->vertex;

    hg_phase(task, "laying out", reached);
    owned->up[0] = 0;
    for (uint32_t at = 0; at < reached; at++) {
        runs[at].next = 1;
        if (at % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
    }
    for (uint32_t at = reached - 1; at > 0; at--) {
        runs[vertex[at].parent].next += runs[at].next;
        if (at % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
    }

    for (uint32_t at = 0; at < reached; at++) {
        uint32_t begin = 0, size = runs[at].next;
        if (at > 0) {
            struct run *above = &runs[vertex[at].parent];
            begin = above->next;
            above->next += size;
            owned->up[begin] = above->begin;
        }
        runs[at] = (struct run){begin, begin + 1};
        owned->end[begin] = begin + size;
        owned->position[numbering->node[at]] = begin;
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
    struct run *runs = hg_array_raw(reached, sizeof(*runs));
    owned->end = hg_array_raw(reached, sizeof(*owned->end));
    owned->up = hg_array_raw(reached, sizeof(*owned->up));
    if (!runs || !owned->end || !owned->up) {
        hg_array_free(runs);
        return HG_NO_MEMORY;
    }

    /*
     * Two arrays of the numbering are used again: one becomes the positions by node, the other the
     * nodes by position.
     */
    owned->position = numbering->number;
    owned->node = numbering->node;
    enum hg_status status = give_positions(numbering, runs, task, owned);
    numbering->number = numbering->node = NULL;
    hg_numbering_free(numbering);
    hg_array_free(runs);
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
