/*
 * Place in the flow: see way_list.h. A row is what becomes an item. First the trails get their
 * rows, then the rows get what they retain, and the largest of them are given.
 */
#include "growth/way_list.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/best.h"
#include "base/progress.h"

#define UNSEEN 0          /* nothing on the trail has been seen yet */
#define HIDDEN UINT32_MAX /* the trail is not of the program */

/* What the last steps of trails that are summed up lead to. */
enum names { METHODS, CLASSES, MODULES, NAMES };

struct row {
    struct hg_listed_way way;
    uint32_t covered; /* where the run of its last outermost object ends */
};

struct listing {
    const struct hg_growth *growth;
    const struct hg_growth_dump *dump;
    const struct hg_tree *tree;
    struct hg_task *task;
    uint32_t *row_of;          /* by trail: number of its row + 1; UNSEEN; HIDDEN */
    uint32_t *names_of[NAMES]; /* by trail of the holder: the same for what is summed up */
    struct row *rows;          /* no more than there are trails */
    size_t count;
    struct hg_listed_sum hidden;
};

/* The number + 1 of a new row. */
static uint32_t
add_row(struct listing *listing, uint32_t example, bool names) {
    listing->rows[listing->count].way = (struct hg_listed_way){.example = example, .names = names};
    return (uint32_t)++listing->count;
}

/* Whether the trail of a node is summed up with those of its kind; *names is the kind. */
static bool
is_summed_up(const struct listing *listing, uint32_t node, enum names *names) {
    const struct hg_growth_dump *dump = listing->dump;
    uint32_t trail = dump->trail[node];
    if (dump->sum[trail].count != 1) return false;
    if (dump->ways.module[node])
        *names = hg_type(dump->graph, node) == HG_T_CLASS ? CLASSES : MODULES;
    else if (listing->growth->facts[trail].kind == HG_E_METHOD) *names = METHODS;
    else return false;
    return true;
}

/* Whether a node is the singleton class of a module with a name, which is no more than that. */
static bool
belongs_to_module(const struct hg_growth_dump *dump, uint32_t node) {
    uint32_t parent = dump->ways.parent[node];
    return parent != HG_NO_NODE && dump->ways.module[parent] &&
           hg_flags(dump->graph, node) & HG_N_SINGLETON &&
           hg_edge_kind(dump->ways.name[node]) == HG_E_CLASS;
}

/* Gives a trail its row; `node` is the first node on it. */
static void
begin_trail(struct listing *listing, uint32_t node) {
    const struct hg_growth_dump *dump = listing->dump;
    uint32_t trail = dump->trail[node], parent = dump->ways.parent[node];
    if (!hg_is_of_program(listing->growth, trail) || belongs_to_module(dump, node)) {
        listing->row_of[trail] = HIDDEN;
        listing->hidden.ways++;
        return;
    }
    enum names names;
    if (!is_summed_up(listing, node, &names)) {
        listing->row_of[trail] = add_row(listing, node, false);
        return;
    }
    uint32_t holder = parent == HG_NO_NODE ? HG_NO_TRAIL : dump->trail[parent];
    uint32_t *row = &listing->names_of[names][holder == HG_NO_TRAIL ? 0 : holder];
    if (*row == UNSEEN) *row = add_row(listing, node, true);
    listing->row_of[trail] = *row;
}

/* Gives each trail its row, and each row its sums. */
static enum hg_status
make_rows(struct listing *listing) {
    const struct hg_growth_dump *dump = listing->dump;
    hg_phase(listing->task, "ways by trail", dump->ways.reached);
    for (uint32_t i = 0; i < dump->ways.reached; i++) {
        uint32_t node = dump->ways.order[i], trail = dump->trail[node];
        if (i % HG_STRIDE == 0 && !hg_step(listing->task, i)) return HG_STOPPED;
        if (node >= dump->graph->objects || listing->row_of[trail] != UNSEEN) continue;
        begin_trail(listing, node);
    }
    for (uint32_t trail = 0; trail < dump->trails; trail++) {
        struct hg_trail_sum sum = dump->sum[trail];
        uint32_t row = listing->row_of[trail];
        bool hidden = row == HIDDEN || row == UNSEEN;
        *(hidden ? &listing->hidden.objects : &listing->rows[row - 1].way.objects) += sum.count;
        *(hidden ? &listing->hidden.bytes : &listing->rows[row - 1].way.bytes) += sum.bytes;
    }
    return HG_OK;
}

/* Gives each row what it retains: an object of it that lies below no other adds all it retains. */
static enum hg_status
sum_retained(struct listing *listing) {
    const struct hg_tree *tree = listing->tree;
    hg_phase(listing->task, "retained by ways", tree->reached);
    for (uint32_t at = 0; at < tree->reached; at++) {
        if (at % HG_STRIDE == 0 && !hg_step(listing->task, at)) return HG_STOPPED;
        uint32_t node = hg_tree_node(tree, at);
        if (node >= listing->dump->graph->objects) continue;
        uint32_t trail = listing->dump->trail[node];
        if (trail == HG_NO_TRAIL || listing->row_of[trail] == HIDDEN) continue;
        struct row *row = &listing->rows[listing->row_of[trail] - 1];
        if (at < row->covered) continue;
        row->covered = hg_end(tree, at);
        row->way.retained += hg_retained_at(tree, at);
    }
    return HG_OK;
}

/* Puts the largest rows into the list, and sums up the others. */
static enum hg_status
hand_over(const struct listing *listing, uint32_t limit, struct hg_way_list *list) {
    struct hg_best best = {.room = limit};
    bool memory = true;
    list->hidden = listing->hidden;
    list->other = (struct hg_listed_sum){.ways = listing->count};
    for (size_t i = 0; i < listing->count && memory; i++) {
        const struct hg_listed_way *way = &listing->rows[i].way;
        list->other.objects += way->objects;
        list->other.bytes += way->bytes;
        memory = hg_best_offer(&best, way->retained, (uint32_t)i);
    }
    hg_best_sort(&best);
    if (memory) list->items = malloc((best.count ? best.count : 1) * sizeof(*list->items));
    for (size_t i = 0; list->items && i < best.count; i++) {
        struct hg_listed_way way = listing->rows[best.items[i].node].way;
        list->items[list->count++] = way;
        list->other.ways--;
        list->other.objects -= way.objects;
        list->other.bytes -= way.bytes;
    }
    hg_best_free(&best);
    return list->items ? HG_OK : HG_NO_MEMORY;
}

enum hg_status
hg_list_ways(const struct hg_growth *growth, const struct hg_tree *tree, uint32_t limit,
             struct hg_task *task, struct hg_way_list *list) {
    const struct hg_growth_dump *dump = &growth->dump[growth->dumps - 1];
    struct listing listing = {.growth = growth, .dump = dump, .tree = tree, .task = task};
    *list = (struct hg_way_list){0};
    listing.row_of = hg_array(dump->trails, sizeof(*listing.row_of));
    listing.rows = hg_array_sparse(dump->trails, sizeof(*listing.rows));
    bool memory = listing.row_of && listing.rows;
    for (int i = 0; i < NAMES; i++) {
        listing.names_of[i] = hg_array(dump->trails, sizeof(**listing.names_of));
        memory = memory && listing.names_of[i];
    }
    enum hg_status status = memory ? make_rows(&listing) : HG_NO_MEMORY;
    if (status == HG_OK) status = sum_retained(&listing);
    if (status == HG_OK) status = hand_over(&listing, limit, list);
    hg_array_free(listing.row_of);
    for (int i = 0; i < NAMES; i++) hg_array_free(listing.names_of[i]);
    hg_array_free(listing.rows);
    return status;
}

void
hg_way_list_free(struct hg_way_list *list) {
    free(list->items);
    *list = (struct hg_way_list){0};
}
