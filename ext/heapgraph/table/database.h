/*
 * Writes a dump as a database file of SQLite: the tables, and indexes by which the neighbours of an
 * object are found.
 */
#ifndef HEAPGRAPH_DATABASE_H
#define HEAPGRAPH_DATABASE_H

#include "table/sqlite_file.h"

/* A table whose rows are in memory, one behind the other. */
struct hg_small_table {
    const char *name, *sql; /* `sql` is its CREATE TABLE */
    const struct hg_cell *cells;
    size_t columns, rows;
};

/*
 * Writes all tables to an empty file. `sql` has the CREATE TABLE of each table of enum hg_table;
 * objects are kept by their column "id". HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_IO · HG_TOO_LARGE
 * (more than 2^32-2 rows or pages).
 */
enum hg_status hg_write_database(struct hg_rows *rows, int fd, const char *const sql[HG_TABLES],
                                 const struct hg_small_table *small, size_t small_count)
    __attribute__((warn_unused_result));

#endif
