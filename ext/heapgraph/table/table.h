/*
 * Place in the flow: above the graph and its tree. A dump as two tables, for SQL: `objects` has a
 * row for each object and each root, `edges` one for each reference, weak ones and those to classes
 * too. The virtual root is in neither. docs/sql.md says what each column means.
 *
 * Rows come in the order of nodes. A cursor says which row is the next; rows may be read again from
 * any cursor.
 */
#ifndef HEAPGRAPH_TABLE_H
#define HEAPGRAPH_TABLE_H

#include "reading/line.h"
#include "table/clean.h"
#include "table/lengths.h"
#include "tree/dominators.h"

enum hg_table { HG_TABLE_OBJECTS, HG_TABLE_EDGES, HG_TABLES };

enum hg_cell_kind { HG_CELL_NULL, HG_CELL_NUMBER, HG_CELL_BOOLEAN, HG_CELL_TEXT };

struct hg_cell {
    uint8_t kind;        /* enum hg_cell_kind */
    uint64_t number;     /* of NUMBER, at most INT64_MAX; of BOOLEAN 0 or 1 */
    struct hg_text text; /* of TEXT: clean, valid until the next row is made */
};

/* No table has more columns. */
#define HG_MOST_COLUMNS 32

/* A column: its name, and the kind of its cells, which may be NULL as well. */
struct hg_table_column {
    const char *name;
    uint8_t kind;
};

/* The columns of a table. *count is how many there are. */
const struct hg_table_column *hg_table_columns(enum hg_table table, size_t *count);

/* What rows are made of. It belongs to one thread. */
struct hg_rows {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    const struct hg_clean_texts *texts;
    const uint64_t *lengths; /* of objects */
    uint64_t dump_id;        /* the first cell of each row */
    bool values;             /* also what strings and keys contain */
    struct hg_task *task;

    /* For the row that is being made; hg_rows_free frees what these hold. */
    char scratch[64];
    struct hg_buffer line, value;
    struct hg_line_parser parser;
};

void hg_rows_free(struct hg_rows *rows);

/* The next row of a table. A zeroed cursor is before the first row. */
struct hg_cursor {
    uint32_t node;
    uint64_t edge; /* of the edges of that node; not used for objects */
};

/*
 * Makes the next row and moves the cursor behind it. The cells are as many as the table has
 * columns. *more is false if there is no other row. HG_OK · HG_NO_MEMORY · HG_IO, the last two only
 * with `values`.
 */
enum hg_status hg_next_row(struct hg_rows *rows, enum hg_table table, struct hg_cursor *cursor,
                           struct hg_cell *cells, bool *more) __attribute__((warn_unused_result));

/* -- for object_rows.c and edge_rows.c -- */

extern const struct hg_table_column hg_object_columns[];
extern const size_t hg_object_column_count;
extern const struct hg_table_column hg_edge_columns[];
extern const size_t hg_edge_column_count;

enum hg_status hg_object_row(struct hg_rows *rows, uint32_t node, struct hg_cell *cells)
    __attribute__((warn_unused_result));

/* The row of edge number `edge` of a node. The edge to its class, if it has one, is number 0. */
void hg_edge_row(struct hg_rows *rows, uint32_t node, uint64_t edge, struct hg_cell *cells);

/* How many edges a node has, that to its class included. */
uint64_t hg_edges_of(const struct hg_graph *graph, uint32_t node);

/* Numbers of databases have a sign: one that is larger is not known. */
static inline void
hg_put_number(struct hg_cell *cell, uint64_t number) {
    cell->kind = number > INT64_MAX ? HG_CELL_NULL : HG_CELL_NUMBER;
    cell->number = number;
}

/* NULL for HG_NO_NODE. */
static inline void
hg_put_node(struct hg_cell *cell, uint32_t node) {
    cell->kind = node == HG_NO_NODE ? HG_CELL_NULL : HG_CELL_NUMBER;
    cell->number = node;
}

static inline void
hg_put_boolean(struct hg_cell *cell, bool is) {
    cell->kind = HG_CELL_BOOLEAN;
    cell->number = is;
}

static inline void
hg_put_text(struct hg_cell *cell, const char *bytes, size_t size) {
    cell->kind = HG_CELL_TEXT;
    cell->text = (struct hg_text){bytes, size};
}

static inline void
hg_put_null(struct hg_cell *cell) {
    cell->kind = HG_CELL_NULL;
}

/* A text of the graph; NULL for HG_NO_STRING. */
static inline void
hg_put_string(struct hg_cell *cell, const struct hg_rows *rows, uint32_t string) {
    cell->kind = HG_CELL_NULL;
    if (string == HG_NO_STRING) return;
    cell->kind = HG_CELL_TEXT;
    cell->text = rows->texts->text[string < rows->texts->count ? string : 0];
}

#endif
