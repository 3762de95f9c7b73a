/*
 * Place in the flow: see folded.h. A cell begins as a list of the nodes whose dominators are in its
 * parent. What they retain is known from the tree, so the largest cell is always the next one that
 * is opened: its other members are found, and the lists of the cells below it. A node that
 * dominates no other one is in no list: it is counted at once.
 *
 * The cells that stay are opened in the same order whatever the limit is, and a lower limit only
 * ends sooner. So those of the whole tree are found once, and chosen again for each limit.
 */
#include "tree/folded.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/heap.h"
#include "base/progress.h"
#include "base/slots.h"

#define END UINT32_MAX     /* no list of nodes goes on here */
#define NO_KIND UINT32_MAX /* of cell 0, which no other node belongs to */

struct cell {
    struct hg_cell sums;
    uint64_t most;                     /* what its example retains */
    uint64_t below;                    /* number of its objects and all below them */
    uint64_t rest_objects, rest_bytes; /* of what is below it and has no cell */
    uint32_t kind;                     /* of its nodes */
    uint32_t first;     /* its nodes that are not counted yet: a position, then fold.next */
    uint32_t depth;     /* of cell 0: 0 */
    uint32_t number;    /* among the cells that stay */
    uint32_t children;  /* how many cells are below it */
    uint32_t remaining; /* how many of these do not stay */
    bool deepest;       /* what is below it has no cell because it is too deep */
};

struct fold {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    const struct hg_kinds *kinds;
    struct hg_task *task;
    uint32_t begin, limit; /* the position of cell 0, and how many cells there may be */
    uint64_t counted;      /* how many nodes are */
    uint32_t *next;        /* by position from `begin` on: the next node of a list, or END */

    struct cell *cells;
    size_t count, room;
    struct hg_slots slots; /* cells by parent and kind */

    struct hg_candidate *waiting; /* a heap of the cells that are not opened */
    size_t waits, waiting_room;

    uint32_t *stay; /* the cells that stay */
    size_t stays, stay_room;
    size_t used; /* these and the rests */
};

static uint64_t
hash_of(uint32_t parent, uint32_t kind) {
    return hg_mix((uint64_t)kind + 1, (uint64_t)parent * 2 + HG_GOLDEN);
}

static uint64_t
hash_of_cell(const void *cells, uint32_t number) {
    const struct cell *cell = &((const struct cell *)cells)[number];
    return hash_of(cell->sums.parent, cell->kind);
}

/* Makes sure that there is room for one cell more. */
static bool
grow(struct fold *fold) {
    return hg_grow(&fold->cells, fold->count, &fold->room, 256, sizeof(*fold->cells)) &&
           hg_slots_grow(&fold->slots, fold->count, 512, hash_of_cell, fold->cells);
}

/* The cell of a parent with this kind, which is made if there is none. HG_NO_NODE: no memory. */
static uint32_t
cell_of(struct fold *fold, uint32_t parent, uint32_t kind) {
    if (!grow(fold)) return HG_NO_NODE;
    struct hg_slots *slots = &fold->slots;
    size_t at = hg_slots_first(slots, hash_of(parent, kind));
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        const struct cell *cell = &fold->cells[slots->slot[at] - 1];
        if (cell->sums.parent == parent && cell->kind == kind) return slots->slot[at] - 1;
    }
    fold->cells[fold->count] = (struct cell){
        .sums = {.parent = parent, .example = HG_NO_NODE},
        .kind = kind,
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

/* Whether the node at a position may be a root: only the virtual root dominates roots. */
static bool
may_be_root(const struct fold *fold, uint32_t at, uint32_t depth) {
    return depth <= 1 && hg_tree_node(fold->tree, at) >= fold->graph->objects;
}

/* How many objects a node dominates that is in a cell of this depth. */
static uint64_t
objects_at(const struct fold *fold, uint32_t at, uint32_t end, uint32_t depth) {
    return at == 0 ? fold->tree->reachable_objects : end - at - may_be_root(fold, at, depth);
}

/* Takes a node into a cell, to be counted when the cell is opened, or at once if it is a leaf. */
static inline void
take(struct fold *fold, struct cell *cell, uint32_t at, uint32_t end, uint64_t retained) {
    if (end - at > 1) {
        put(fold, cell, at);
        return;
    }
    cell->sums.objects += !may_be_root(fold, at, cell->depth);
    cell->sums.bytes += retained;
}

/* Adds a node, and with it all that it dominates (up to position `end`), to a cell not open. */
static void
add(struct fold *fold, struct cell *cell, uint32_t at, uint32_t end, uint64_t retained) {
    struct hg_cell *sums = &cell->sums;
    take(fold, cell, at, end, retained);
    sums->retained += retained;
    cell->below += objects_at(fold, at, end, cell->depth);
    if (sums->example != HG_NO_NODE && retained < cell->most) return;
    uint32_t node = hg_tree_node(fold->tree, at);
    if (sums->example == HG_NO_NODE || retained > cell->most || node < sums->example)
        sums->example = node;
    cell->most = retained;
}

/*
 * Takes the nodes below one node of an open cell: into that cell or into those below it. *bytes is
 * what they retain. Most of them are of the kind of the one before.
 */
static enum hg_status
take_children(struct fold *fold, uint32_t number, uint32_t at, uint64_t *bytes) {
    const struct hg_tree *tree = fold->tree;
    uint32_t last = HG_NO_NODE;
    *bytes = 0;
    for (uint32_t child = at + 1, end = hg_end(tree, at), next; child < end; child = next) {
        uint32_t kind = hg_kind_at(fold->kinds, child);
        uint64_t retained = hg_retained_at(tree, child);
        struct cell *cell = &fold->cells[number];
        if (++fold->counted % HG_STRIDE == 0 && !hg_step(fold->task, fold->counted))
            return HG_STOPPED;
        next = hg_end(tree, child);
        *bytes += retained;
        if (kind == cell->kind) take(fold, cell, child, next, retained);
        else if (cell->depth == HG_FOLD_DEPTH) cell->deepest = true;
        else {
            if (last == HG_NO_NODE || fold->cells[last].kind != kind)
                last = cell_of(fold, number, kind);
            if (last == HG_NO_NODE) return HG_NO_MEMORY;
            add(fold, &fold->cells[last], child, next, retained);
        }
    }
    return HG_OK;
}

/* Says of a cell whose nodes are counted what is below it. */
static void
begin_rest(struct cell *cell) {
    cell->remaining = cell->children;
    cell->rest_objects = cell->below - cell->sums.objects;
    cell->rest_bytes = cell->sums.retained - cell->sums.bytes;
}

/* Counts the nodes of a cell, and makes the cells below it. */
static enum hg_status
open_cell(struct fold *fold, uint32_t number) {
    size_t before = fold->count;
    while (fold->cells[number].first != END) {
        struct cell *cell = &fold->cells[number];
        uint32_t at = cell->first;
        uint64_t below;
        cell->first = fold->next[at - fold->begin];
        cell->sums.objects += !may_be_root(fold, at, cell->depth);
        enum hg_status status = take_children(fold, number, at, &below);
        if (status != HG_OK) return status;
        fold->cells[number].sums.bytes += hg_retained_at(fold->tree, at) - below;
    }
    fold->cells[number].children = (uint32_t)(fold->count - before);
    begin_rest(&fold->cells[number]);
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

/* Finds the cells that stay of what a node at a position dominates. */
static enum hg_status
find_cells(struct fold *fold, uint64_t least) {
    uint32_t at = fold->begin, end = hg_end(fold->tree, at);
    fold->next = hg_array_sparse(end - at, sizeof(*fold->next));
    hg_phase(fold->task, "folding", end - at);
    if (!fold->next || cell_of(fold, 0, NO_KIND) == HG_NO_NODE) return HG_NO_MEMORY;
    add(fold, &fold->cells[0], at, end, hg_retained_at(fold->tree, at));
    return wait(fold, 0) ? choose(fold, least) : HG_NO_MEMORY;
}

/* Chooses again among the cells of the outline. */
static enum hg_status
choose_again(struct fold *fold, uint64_t least) {
    const struct hg_kinds *kinds = fold->kinds;
    fold->cells = calloc(kinds->outlined, sizeof(*fold->cells));
    fold->stay = malloc(kinds->outlined * sizeof(*fold->stay));
    if (!fold->cells || !fold->stay) return HG_NO_MEMORY;
    for (uint32_t i = 0; i < kinds->outlined; i++) {
        const struct hg_outlined *outlined = &kinds->outline[i];
        struct cell *cell = &fold->cells[i];
        cell->sums = outlined->cell;
        cell->below = outlined->below;
        cell->children = outlined->children;
        cell->deepest = outlined->deepest;
        begin_rest(cell);
        if ((i && cell->sums.retained < least) || !let_stay(fold, i)) break;
    }
    return HG_OK;
}

enum hg_status
hg_fold(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_kinds *kinds,
        uint32_t below, uint64_t least, uint32_t limit, struct hg_task *task,
        struct hg_cell **cells, size_t *count) {
    uint32_t at = hg_position(tree, below);
    *cells = NULL;
    *count = 0;
    if (at == HG_NO_NODE) return HG_OK;

    struct fold fold = {.graph = graph, .tree = tree, .kinds = kinds, .task = task, .begin = at};
    fold.limit = limit < 2 ? 2 : limit;
    bool known = at == 0 && kinds->outline && limit <= HG_OUTLINE;
    enum hg_status status = known ? choose_again(&fold, least) : find_cells(&fold, least);
    if (status == HG_OK) status = hand_over(&fold, cells, count);
    free_fold(&fold);
    return status;
}

enum hg_status
hg_outline(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_kinds *kinds,
           struct hg_task *task, struct hg_outlined **outline, uint32_t *count) {
    struct fold fold = {
        .graph = graph, .tree = tree, .kinds = kinds, .task = task, .limit = HG_OUTLINE};
    enum hg_status status = find_cells(&fold, 0);
    *outline = status == HG_OK ? calloc(fold.stays, sizeof(**outline)) : NULL;
    *count = (uint32_t)fold.stays;
    if (status == HG_OK && !*outline) status = HG_NO_MEMORY;
    for (size_t i = 0; status == HG_OK && i < fold.stays; i++) {
        const struct cell *cell = &fold.cells[fold.stay[i]];
        struct hg_outlined *outlined = &(*outline)[i];
        outlined->cell = cell->sums;
        outlined->cell.parent = fold.cells[cell->sums.parent].number;
        outlined->below = cell->below;
        outlined->children = cell->children;
        outlined->deepest = cell->deepest;
    }
    free_fold(&fold);
    return status;
}
