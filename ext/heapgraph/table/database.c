/* Place in the flow: see database.h. */
#include "table/database.h"

#include "base/array.h"
#include "base/progress.h"

/* -- tables -- */

static const char *const NAMES[HG_TABLES] = {"objects", "edges"};
enum { OBJECTS_ID = 1 }; /* the column */

static enum hg_status
write_rows(struct hg_sqlite *db, struct hg_rows *rows, enum hg_table table) {
    struct hg_cell cells[HG_MOST_COLUMNS];
    struct hg_cursor cursor = {0};
    size_t count;
    hg_table_columns(table, &count);
    for (uint64_t row = 1;; row++) {
        uint64_t node = cursor.node;
        bool more;
        enum hg_status status = hg_next_row(rows, table, &cursor, cells, &more);
        if (status != HG_OK || !more) return status;
        if (table == HG_TABLE_OBJECTS) status = hg_sqlite_row(db, node, cells, count, OBJECTS_ID);
        else status = hg_sqlite_row(db, row, cells, count, SIZE_MAX);
        if (status != HG_OK) return status;
        if (row % HG_STRIDE == 0 && !hg_step(rows->task, node)) return HG_STOPPED;
    }
}

static enum hg_status
write_small(struct hg_sqlite *db, const struct hg_small_table *table) {
    hg_sqlite_begin_table(db, table->name, table->sql);
    for (size_t i = 0; i < table->rows; i++) {
        enum hg_status status = hg_sqlite_row(db, i + 1, table->cells + i * table->columns,
                                              table->columns, SIZE_MAX);
        if (status != HG_OK) return status;
    }
    return hg_sqlite_end_table(db);
}

/* -- indexes -- */

/* What an index is over, and where it is read. */
struct order {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    uint32_t *behind; /* by number plus 1: the place behind its rows; [0] is for NULL */
    uint32_t *row;    /* the rows in the order of their numbers */
    uint64_t at;
    uint32_t number; /* plus 1 */
    uint32_t node;
    uint64_t edge;
};

/* Calls `take` for all rows of a table, with the number of a column in each of them. */
typedef void each_number(struct order *order,
                         void (*take)(struct order *order, uint32_t number, uint64_t row));

static void
each_dominator(struct order *order, void (*take)(struct order *, uint32_t, uint64_t)) {
    uint32_t end = order->graph->nodes - 1;
    for (uint32_t node = 0; node < end; node++) {
        uint32_t above = hg_dominator(order->tree, node);
        take(order, above == end ? HG_NO_NODE : above, node);
    }
}

static void
each_class(struct order *order, void (*take)(struct order *, uint32_t, uint64_t)) {
    for (uint32_t node = 0; node < order->graph->nodes - 1; node++)
        take(order, hg_real_class(order->graph, node), node);
}

static void
each_target(struct order *order, void (*take)(struct order *, uint32_t, uint64_t)) {
    const struct hg_graph *graph = order->graph;
    uint64_t row = 0;
    for (uint32_t node = 0; node < graph->nodes - 1; node++) {
        uint32_t class = hg_class(graph, node);
        if (class != HG_NO_NODE) take(order, class, ++row);
        for (uint64_t e = hg_first(graph, node), end = hg_first(graph, node + 1); e < end; e++)
            take(order, hg_target(graph, e), ++row);
    }
}

static void
count_number(struct order *order, uint32_t number, uint64_t row) {
    order->behind[number + 1]++;
}

static void
place_row(struct order *order, uint32_t number, uint64_t row) {
    order->row[order->behind[number + 1]++] = (uint32_t)row;
}

static struct hg_sqlite_entry
next_in_order(void *data) {
    struct order *order = data;
    while (order->at >= order->behind[order->number]) order->number++;
    return (struct hg_sqlite_entry){order->number - 1, order->row[order->at++]};
}

/* Edges have their rows in the order of the nodes from which they come. */
static struct hg_sqlite_entry
next_source(void *data) {
    struct order *order = data;
    while (order->edge >= hg_edges_of(order->graph, order->node)) {
        order->node++;
        order->edge = 0;
    }
    order->edge++;
    return (struct hg_sqlite_entry){order->node, ++order->at};
}

/* Sorts the rows of a table by a number that each of them has, by counting. */
static enum hg_status
sort_rows(struct order *order, uint64_t rows, each_number *each) {
    order->behind = hg_array((size_t)order->graph->nodes + 1, sizeof(uint32_t));
    order->row = hg_array_raw(rows, sizeof(uint32_t));
    if (!order->behind || (!order->row && rows)) return HG_NO_MEMORY;
    each(order, count_number);
    uint32_t place = 0;
    for (uint32_t i = 0; i <= order->graph->nodes; i++) {
        uint32_t count = order->behind[i];
        order->behind[i] = place;
        place += count;
    }
    each(order, place_row);
    return HG_OK;
}

static enum hg_status
write_index(struct hg_sqlite *db, struct hg_rows *rows, const char *name, enum hg_table table,
            const char *sql, uint64_t count, each_number *each) {
    struct order order = {.graph = rows->graph, .tree = rows->tree};
    hg_phase(rows->task, "writing indexes", 0);
    enum hg_status status = each ? sort_rows(&order, count, each) : HG_OK;
    if (status == HG_OK)
        status = hg_sqlite_index(db, name, NAMES[table], sql, count, rows->graph->nodes, count,
                                 each ? next_in_order : next_source, &order);
    hg_array_free(order.behind);
    hg_array_free(order.row);
    return status;
}

/* -- all -- */

static uint64_t
count_edges(const struct hg_graph *graph) {
    uint64_t count = 0;
    for (uint32_t node = 0; node < graph->nodes - 1; node++) count += hg_edges_of(graph, node);
    return count;
}

#define INDEX(table, column) "CREATE INDEX " table "_" column " ON " table " (" column ")"

static enum hg_status
write_indexes(struct hg_sqlite *db, struct hg_rows *rows, uint64_t edges) {
    uint64_t objects = rows->graph->nodes - 1;
    enum hg_status status = write_index(db, rows, "objects_dominator_id", HG_TABLE_OBJECTS,
                                        INDEX("objects", "dominator_id"), objects, each_dominator);
    if (status == HG_OK)
        status = write_index(db, rows, "objects_class_id", HG_TABLE_OBJECTS,
                             INDEX("objects", "class_id"), objects, each_class);
    if (status == HG_OK)
        status = write_index(db, rows, "edges_from_id", HG_TABLE_EDGES, INDEX("edges", "from_id"),
                             edges, NULL);
    if (status == HG_OK)
        status = write_index(db, rows, "edges_to_id", HG_TABLE_EDGES, INDEX("edges", "to_id"),
                             edges, each_target);
    return status;
}

static enum hg_status
write_tables(struct hg_sqlite *db, struct hg_rows *rows, const char *const sql[HG_TABLES]) {
    static const char *const PHASES[HG_TABLES] = {"writing objects", "writing edges"};
    for (int table = 0; table < HG_TABLES; table++) {
        hg_phase(rows->task, PHASES[table], rows->graph->nodes);
        hg_sqlite_begin_table(db, NAMES[table], sql[table]);
        enum hg_status status = write_rows(db, rows, (enum hg_table)table);
        if (status == HG_OK) status = hg_sqlite_end_table(db);
        if (status != HG_OK) return status;
    }
    return HG_OK;
}

enum hg_status
hg_write_database(struct hg_rows *rows, int fd, const char *const sql[HG_TABLES],
                  const struct hg_small_table *small, size_t small_count) {
    struct hg_sqlite *db;
    uint64_t edges = count_edges(rows->graph);
    if (edges >= UINT32_MAX)
        return hg_fail(rows->task, HG_TOO_LARGE, 0, "the dump has too many references for SQLite");
    enum hg_status status = hg_sqlite_begin(fd, rows->task, &db);
    if (status != HG_OK) return status;
    status = write_tables(db, rows, sql);
    for (size_t i = 0; i < small_count && status == HG_OK; i++) status = write_small(db, &small[i]);
    if (status == HG_OK) status = write_indexes(db, rows, edges);
    if (status == HG_OK) status = hg_sqlite_finish(db);
    hg_sqlite_free(db);
    return status;
}
