/*
 * Rows as text: the format of PostgreSQL's COPY, which ClickHouse calls TabSeparated. Cells are
 * separated by tabs, and rows end in newlines. \N is NULL, and of a text the backslash, tab,
 * newline and carriage return are \\, \t, \n and \r. Booleans are 1 and 0,
 * which both take.
 */
#ifndef HEAPGRAPH_COPY_TEXT_H
#define HEAPGRAPH_COPY_TEXT_H

#include "table/table.h"

/*
 * Writes rows of a table from `cursor` on to `buffer`, as many as `most` bytes take or one more,
 * and moves the cursor behind them. *size is how many bytes they are, 0 if there was no other row.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_IO.
 */
enum hg_status hg_copy_text(struct hg_rows *rows, enum hg_table table, struct hg_cursor *cursor,
                            size_t most, struct hg_buffer *buffer, size_t *size)
    __attribute__((warn_unused_result));

#endif
