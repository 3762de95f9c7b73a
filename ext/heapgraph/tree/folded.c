/*
 * Place in the flow: see folded.h. A cell begins as a list of the nodes whose dominators are in its
 * parent. What they retain is known from the tree, so the largest cell is always the next one that
 * is opened: its other members are found, and the lists of the cells below it.
 */
#include "tree/folded.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/heap.h"
#include "base/progress.h"
#include "base/slots.h"
#include "tree/class_key.h"

#define END UINT32_MAX    /* no list of nodes goes on here */
#define NO_KEY UINT64_MAX /* of cell 0, which no other node belongs to */

struct cell {
    struct hg_cell sums;
    uint64_t key;                      /* hg_class_key of its nodes */
    uint64_t below;                    /* number of its objects and all below them */
    uint64_t rest_objects, rest_bytes; /* of what is below it and has no cell */
    uint32_t first;     /* its nodes that are not counted yet: a position, then fold.next */
    uint32_t depth;     /* of cell 0: 0 */
    uint32_t number;    /* among the cells that stay */
    uint32_t remaining; /* how many cells below it do not stay */
    bool deepest;       /* what is below it has no cell because it is too deep */
};

struct fold {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    struct hg_task *task;
    uint32_t begin, limit; /* the position of cell 0, and how many cells there may be */
    uint64_t counted;      /* how many nodes are */
    uint32_t *next;        /* by position from `begin` on: the next node of a list, or END */

    struct cell *cells;
    size_t count, room;
    struct hg_slots slots; /* cells by parent and key */

    struct hg_candidate *waiting; /* a heap of the cells that are not opened */
    size_t waits, waiting_room;

    uint32_t *stay; /* the cells that stay */
    size_t stays, stay_room;
    size_t used; /* these and the rests */
};

static uint64_t
hash_of(uint32_t parent, uint64_t key) {
    return hg_mix(key + 1, (uint64_t)parent * 2 + HG_GOLDEN);
}

static uint64_t
hash_of_cell(const void *cells, uint32_t number) {
    const struct cell *cell = &((const struct cell *)cells)[number];
    return hash_of(cell->sums.parent, cell->key);
}

/* Makes sure that there is room for one cell more. */
static bool
grow(struct fold *fold) {
    return hg_grow(&fold->cells, fold->count, &fold->room, 256, sizeof(*fold->cells)) &&
           hg_slots_grow(&fold->slots, fold->count, 512, hash_of_cell, fold->cells);
}

/* The cell of a parent with this key, which is made if there is none. HG_NO_NODE: no memory. */
static uint32_t
cell_of(struct fold *fold, uint32_t parent, uint64_t key, uint32_t node) {
    if (!grow(fold)) return HG_NO_NODE;
    struct hg_slots *slots = &fold->slots;
    size_t at = hg_slots_first(slots, hash_of(parent, key));
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        const struct cell *cell = &fold->cells[slots->slot[at] - 1];
        if (cell->sums.parent == parent && cell->key == key) return slots->slot[at] - 1;
    }
    fold->cells[fold->count] = (struct cell){
        .sums = {.parent = parent, .example = node},
        .key = key,
        .first = END,
        .depth = fold->count ? fold->cells[parent].depth + 1 : 0,
    };
    slots->slot[at] = (uint32_t)++fold->count;
    return slots->slot[at] - 1;
}

static void
put(struct fold *fold, struct cell *cell, uint32_t at) {
    fold->next[at - fold->begin] = cell->first;
    cell->first = at;
}

/* How many objects a node dominates. Only the virtual root dominates roots besides itself. */
static uint64_t
objects_at(const struct fold *fold, uint32_t at) {
    if (at == 0) return fold->tree->reachable_objects;
    return hg_end(fold->tree, at) - at - (hg_tree_node(fold->tree, at) >= fold->graph->objects);
}

/* Adds a node, and with it all that it dominates, to a cell that is not open. */
static void
add(struct fold *fold, struct cell *cell, uint32_t at) {
    const struct hg_tree *tree = fold->tree;
    uint32_t node = hg_tree_node(tree, at);
    uint64_t retained = hg_retained_at(tree, at), most = hg_retained(tree, cell->sums.example);
    put(fold, cell, at);
    cell->sums.retained += retained;
    cell->below += objects_at(fold, at);
    if (retained > most || (retained == most && node < cell->sums.example))
        cell->sums.example = node;
}

/* Takes the nodes below one node of an open cell: into that cell or into those below it. */
static bool
take_children(struct fold *fold, uint32_t number, uint32_t at) {
    const struct hg_tree *tree = fold->tree;
    for (uint32_t child = at + 1; child < hg_end(tree, at); child = hg_end(tree, child)) {
        uint64_t key = hg_class_key(fold->graph, hg_tree_node(tree, child));
        struct cell *cell = &fold->cells[number];
        if (key == cell->key) put(fold, cell, child);
        else if (cell->depth == HG_FOLD_DEPTH) cell->deepest = true;
        else {
            uint32_t below = cell_of(fold, number, key, hg_tree_node(tree, child));
            if (below == HG_NO_NODE) return false;
            add(fold, &fold->cells[below], child);
        }
    }
    return true;
}

/* Counts the nodes of a cell, and makes the cells below it. */
static enum hg_status
open_cell(struct fold *fold, uint32_t number) {
    size_t before = fold->count;
    while (fold->cells[number].first != END) {
        struct cell *cell = &fold->cells[number];
        uint32_t at = cell->first, node = hg_tree_node(fold->tree, at);
        if (++fold->counted % HG_STRIDE == 0 && !hg_step(fold->task, fold->counted))
            return HG_STOPPED;
        cell->first = fold->next[at - fold->begin];
        cell->sums.objects += node < fold->graph->objects;
        cell->sums.bytes += hg_memsize(fold->graph, node);
        if (!take_children(fold, number, at)) return HG_NO_MEMORY;
    }
    struct cell *cell = &fold->cells[number];
    cell->remaining = (uint32_t)(fold->count - before);
    cell->rest_objects = cell->below - cell->sums.objects;
    cell->rest_bytes = cell->sums.retained - cell->sums.bytes;
    return HG_OK;
}

static bool
has_rest(const struct cell *cell) {
    return cell->remaining || cell->deepest;
}

/* Lets an open cell stay if there is room for it and for the rest of what is below it. */
static bool
let_stay(struct fold *fold, uint32_t number) {
    struct cell *cell = &fold->cells[number], *parent = &fold->cells[cell->sums.parent];
    bool last = number && parent->remaining == 1 && !parent->deepest; // its parent needs no rest
    size_t used = fold->used + 1 + has_rest(cell) - last;
    if (used > fold->limit) return false;
    fold->used = used;
    cell->number = (uint32_t)fold->stays;
    fold->stay[fold->stays++] = number;
    if (number == 0) return true;
    parent->remaining--;
    parent->rest_objects -= cell->below;
    parent->rest_bytes -= cell->sums.retained;
    return true;
}

static bool
wait(struct fold *fold, uint32_t number) {
    if (!hg_grow(&fold->waiting, fold->waits, &fold->waiting_room, 256, sizeof(*fold->waiting)))
        return false;
    fold->waiting[fold->waits] = (struct hg_candidate){fold->cells[number].sums.retained, number};
    hg_heap_up(fold->waiting, fold->waits++, hg_better);
    return true;
}

static struct hg_candidate
next_cell(struct fold *fold) {
    struct hg_candidate next = fold->waiting[0];
    fold->waiting[0] = fold->waiting[--fold->waits];
    hg_heap_down(fold->waiting, fold->waits, hg_better);
    return next;
}

/* Opens the largest cells until there is no room for another one. */
static enum hg_status
choose(struct fold *fold, uint64_t least) {
    while (fold->waits) {
        struct hg_candidate next = next_cell(fold);
        size_t before = fold->count;
        if (next.node && next.score < least) break;
        if (!hg_grow(&fold->stay, fold->stays, &fold->stay_room, 256, sizeof(*fold->stay)))
            return HG_NO_MEMORY;
        enum hg_status status = open_cell(fold, next.node);
        if (status != HG_OK) return status;
        if (!let_stay(fold, next.node)) break;
        for (size_t i = before; i < fold->count; i++)
            if (!wait(fold, (uint32_t)i)) return HG_NO_MEMORY;
    }
    return HG_OK;
}

/* The cells that stay, and behind them the rests of those that have one. */
static enum hg_status
hand_over(const struct fold *fold, struct hg_cell **cells, size_t *count) {
    struct hg_cell *all = malloc(fold->used * sizeof(*all));
    if (!all) return HG_NO_MEMORY;
    size_t rests = fold->stays;
    for (size_t i = 0; i < fold->stays; i++) {
        const struct cell *cell = &fold->cells[fold->stay[i]];
        all[i] = cell->sums;
        all[i].parent = fold->cells[cell->sums.parent].number;
        if (!has_rest(cell)) continue;
        all[rests++] = (struct hg_cell){.parent = (uint32_t)i,
                                        .example = HG_NO_NODE,
                                        .objects = cell->rest_objects,
                                        .bytes = cell->rest_bytes,
                                        .retained = cell->rest_bytes};
    }
    *cells = all;
    *count = rests;
    return HG_OK;
}

static void
free_fold(struct fold *fold) {
    hg_array_free(fold->next);
    free(fold->cells);
    hg_slots_free(&fold->slots);
    free(fold->waiting);
    free(fold->stay);
}

enum hg_status
hg_fold(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t below, uint64_t least,
        uint32_t limit, struct hg_task *task, struct hg_cell **cells, size_t *count) {
    uint32_t at = hg_position(tree, below);
    *cells = NULL;
    *count = 0;
    if (at == HG_NO_NODE) return HG_OK;

    struct fold fold = {.graph = graph, .tree = tree, .task = task, .begin = at};
    fold.limit = limit < 2 ? 2 : limit;
    fold.next = hg_array_sparse(hg_end(tree, at) - at, sizeof(*fold.next));
    enum hg_status status = HG_NO_MEMORY;
    hg_phase(task, "folding", hg_end(tree, at) - at);
    if (fold.next && cell_of(&fold, 0, NO_KEY, below) != HG_NO_NODE) {
        add(&fold, &fold.cells[0], at);
        status = wait(&fold, 0) ? choose(&fold, least) : HG_NO_MEMORY;
    }
    if (status == HG_OK) status = hand_over(&fold, cells, count);
    free_fold(&fold);
    return status;
}
