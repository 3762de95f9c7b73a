/* Place in the flow: see folded.h. */
#include "tree/folded.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/progress.h"
#include "base/slots.h"

/* What names a node in a drawing: its class, or else its type and word. */
static uint64_t
key_of(const struct hg_graph *graph, uint32_t node) {
    uint32_t class = hg_real_class(graph, node);
    if (class != HG_NO_NODE) return class;
    return (uint64_t)1 << 62 | (uint64_t)graph->type[node] << 32 | graph->label[node];
}

/* The cells, which are looked up by parent and key. */
struct fold {
    struct hg_cell *cells;
    uint64_t *keys; /* by cell */
    size_t count, room, key_room;
    struct hg_slots slots;
};

static uint64_t
hash_of(uint32_t parent, uint64_t key) {
    return hg_mix(key + 1, (uint64_t)parent * 2 + HG_GOLDEN);
}

static uint64_t
hash_of_cell(const void *data, uint32_t cell) {
    const struct fold *fold = data;
    return hash_of(fold->cells[cell].parent, fold->keys[cell]);
}

/* Makes sure that there is room for one cell more. */
static bool
grow(struct fold *fold) {
    return hg_grow(&fold->cells, fold->count, &fold->room, 1024, sizeof(*fold->cells)) &&
           hg_grow(&fold->keys, fold->count, &fold->key_room, 1024, sizeof(*fold->keys)) &&
           hg_slots_grow(&fold->slots, fold->count, 2048, hash_of_cell, fold);
}

/* The slot of a cell, or a free slot if there is no such cell yet. */
static size_t
slot_of(const struct fold *fold, uint32_t parent, uint64_t key) {
    const struct hg_slots *slots = &fold->slots;
    size_t at = hg_slots_first(slots, hash_of(parent, key));
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        uint32_t cell = slots->slot[at] - 1;
        if (fold->cells[cell].parent == parent && fold->keys[cell] == key) break;
    }
    return at;
}

/* The cell of a node, where `parent` is the cell of its dominator. 0 if there is no memory. */
static uint32_t
cell_of(struct fold *fold, uint32_t parent, uint64_t key, uint32_t node) {
    if (parent && fold->keys[parent] == key) return parent;
    if (fold->cells[parent].depth == HG_FOLD_DEPTH) return parent;
    if (!grow(fold)) return 0;
    size_t slot = slot_of(fold, parent, key);
    if (!fold->slots.slot[slot]) {
        fold->keys[fold->count] = key;
        fold->cells[fold->count++] = (struct hg_cell){
            .parent = parent, .example = node, .depth = fold->cells[parent].depth + 1};
        fold->slots.slot[slot] = (uint32_t)fold->count;
    }
    return fold->slots.slot[slot] - 1;
}

static enum hg_status
fill(const struct hg_graph *graph, const struct hg_tree *tree, struct hg_task *task,
     struct fold *fold, uint32_t *cell_at) {
    if (!grow(fold)) return HG_NO_MEMORY;
    fold->cells[0] = (struct hg_cell){.example = tree->node[0]};
    fold->keys[0] = UINT64_MAX;
    fold->count = 1;
    hg_phase(task, "folding", tree->reached);
    for (uint32_t at = 1; at < tree->reached; at++) {
        if (at % HG_STRIDE == 0 && !hg_step(task, at)) return HG_STOPPED;
        uint32_t node = tree->node[at];
        uint32_t cell = cell_of(fold, cell_at[tree->up[at]], key_of(graph, node), node);
        if (!cell) return HG_NO_MEMORY;
        cell_at[at] = cell;
        fold->cells[cell].count++;
        fold->cells[cell].bytes += hg_memsize(graph, node);
    }
    return HG_OK;
}

/* Adds small cells to their parents, and gives the others new numbers. */
static void
prune(struct fold *fold, uint64_t least, uint32_t *number) {
    struct hg_cell *cells = fold->cells;
    for (size_t i = 0; i < fold->count; i++) cells[i].retained = cells[i].bytes;
    for (size_t i = fold->count - 1; i > 0; i--)
        cells[cells[i].parent].retained += cells[i].retained;

    size_t kept = 1;
    for (size_t i = 1; i < fold->count; i++) {
        uint32_t parent = number[cells[i].parent];
        if (cells[i].retained < least) {
            cells[parent].count += cells[i].count;
            cells[parent].bytes += cells[i].bytes;
            number[i] = parent;
            continue;
        }
        number[i] = (uint32_t)kept;
        cells[kept] = cells[i];
        cells[kept++].parent = parent;
    }
    fold->count = kept;
}

enum hg_status
hg_fold(const struct hg_graph *graph, const struct hg_tree *tree, uint64_t least,
        struct hg_task *task, struct hg_cell **cells, size_t *count) {
    struct fold fold = {0};
    uint32_t *cell_at = hg_array(tree->reached, sizeof(*cell_at));
    enum hg_status status = cell_at ? fill(graph, tree, task, &fold, cell_at) : HG_NO_MEMORY;
    hg_array_free(cell_at);
    uint32_t *number = status == HG_OK ? calloc(fold.count, sizeof(*number)) : NULL;
    if (status == HG_OK && !number) status = HG_NO_MEMORY;
    if (status == HG_OK) prune(&fold, least, number);
    free(number);
    free(fold.keys);
    hg_slots_free(&fold.slots);
    if (status != HG_OK) {
        free(fold.cells);
        fold.cells = NULL;
        fold.count = 0;
    }
    *cells = fold.cells;
    *count = fold.count;
    return status;
}
