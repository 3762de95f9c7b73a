/* Place in the flow: see folded.h. */
#include "tree/folded.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/progress.h"

/* What names a node in a drawing: its class, else its type and word. */
static uint64_t
key_of(const struct hg_graph *graph, uint32_t node) {
    uint32_t class = hg_real_class(graph, node);
    if (class != HG_NO_NODE) return class;
    return (uint64_t)1 << 62 | (uint64_t)graph->type[node] << 32 | graph->label[node];
}

/* Cells by parent and key: an open hash table of cell numbers (0 is free: the root is never looked up). */
struct fold {
    struct hg_cell *cells;
    uint64_t *keys; /* by cell */
    size_t count, room;
    uint32_t *table;
    size_t table_size; /* a power of two */
};

static size_t
slot_of(const struct fold *fold, uint32_t parent, uint64_t key) {
    size_t slot = hg_mix(key + 1, (uint64_t)parent * 2 + HG_GOLDEN);
    for (;; slot++) {
        uint32_t cell = fold->table[slot & (fold->table_size - 1)];
        if (!cell || (fold->cells[cell].parent == parent && fold->keys[cell] == key))
            return slot & (fold->table_size - 1);
    }
}

static bool
grow(struct fold *fold) {
    size_t room = fold->room ? fold->room * 2 : 1024;
    struct hg_cell *cells = realloc(fold->cells, room * sizeof(*cells));
    if (cells) fold->cells = cells;
    uint64_t *keys = realloc(fold->keys, room * sizeof(*keys));
    if (keys) fold->keys = keys;
    uint32_t *table = calloc(room * 2, sizeof(*table));
    if (!cells || !keys || !table) {
        free(table);
        return false;
    }
    free(fold->table);
    fold->table = table;
    fold->table_size = room * 2;
    fold->room = room;
    for (uint32_t cell = 1; cell < fold->count; cell++)
        table[slot_of(fold, fold->cells[cell].parent, fold->keys[cell])] = cell;
    return true;
}

/* The cell of a node below that of its dominator; 0 without memory. */
static uint32_t
cell_of(struct fold *fold, uint32_t parent, uint64_t key, uint32_t node) {
    if (parent && fold->keys[parent] == key) return parent;
    if (fold->cells[parent].depth == HG_FOLD_DEPTH) return parent;
    if (fold->count == fold->room && !grow(fold)) return 0;
    size_t slot = slot_of(fold, parent, key);
    if (!fold->table[slot]) {
        fold->table[slot] = (uint32_t)fold->count;
        fold->keys[fold->count] = key;
        fold->cells[fold->count++] = (struct hg_cell){
            .parent = parent, .example = node, .depth = fold->cells[parent].depth + 1};
    }
    return fold->table[slot];
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

/* Small cells go to their parents, and the others are numbered anew. */
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
    free(fold.table);
    if (status != HG_OK) {
        free(fold.cells);
        fold.cells = NULL;
        fold.count = 0;
    }
    *cells = fold.cells;
    *count = fold.count;
    return status;
}
