/* Place in the flow: see table.h. */
#include "table/table.h"

const struct hg_table_column *
hg_table_columns(enum hg_table table, size_t *count) {
    bool objects = table == HG_TABLE_OBJECTS;
    *count = objects ? hg_object_column_count : hg_edge_column_count;
    return objects ? hg_object_columns : hg_edge_columns;
}

void
hg_rows_free(struct hg_rows *rows) {
    hg_buffer_free(&rows->line);
    hg_buffer_free(&rows->value);
    hg_line_parser_free(&rows->parser);
}

enum hg_status
hg_next_row(struct hg_rows *rows, enum hg_table table, struct hg_cursor *cursor,
            struct hg_cell *cells, bool *more) {
    uint32_t end = rows->graph->nodes - 1; // the virtual root
    if (table == HG_TABLE_EDGES) {
        while (cursor->node < end && cursor->edge >= hg_edges_of(rows->graph, cursor->node))
            *cursor = (struct hg_cursor){cursor->node + 1, 0};
    }
    *more = cursor->node < end;
    if (!*more) return HG_OK;
    if (table == HG_TABLE_OBJECTS) return hg_object_row(rows, cursor->node++, cells);
    hg_edge_row(rows, cursor->node, cursor->edge++, cells);
    return HG_OK;
}
