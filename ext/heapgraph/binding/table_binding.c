/*
 * HeapDump::Rows: a dump as rows of tables, many at once, for the writers of databases and files in
 * lib/heapdump/convert. See table/table.h.
 */
#include "binding/binding.h"
#include "base/array.h"
#include "table/arrow.h"
#include "table/copy_text.h"
#include "table/database.h"

struct rows {
    VALUE graph;
    struct hg_rows rows;
    struct hg_clean_texts texts;
    uint64_t *lengths;
};

static void
mark_rows(void *data) {
    struct rows *self = data;
    rb_gc_mark(self->graph);
}

static void
free_rows(void *data) {
    struct rows *self = data;
    hg_rows_free(&self->rows);
    hg_clean_texts_free(&self->texts);
    hg_array_free(self->lengths);
    ruby_xfree(self);
}

static size_t
size_of_rows(const void *data) {
    const struct rows *self = data;
    size_t lengths = self->lengths ? (size_t)self->rows.graph->objects * sizeof(uint64_t) : 0;
    return sizeof(*self) + self->texts.count * sizeof(struct hg_text) + lengths;
}

static const rb_data_type_t rows_type = {
    .wrap_struct_name = "HeapDump::Rows",
    .function = {.dmark = mark_rows, .dfree = free_rows, .dsize = size_of_rows},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static enum hg_status
prepare(struct binding *binding, void *data) {
    struct rows *self = data;
    const struct hg_graph *graph = binding->analysis.graph;
    enum hg_status status = hg_clean_texts(graph, &self->texts);
    if (status != HG_OK) return status;
    self->lengths = hg_array_raw(graph->objects, sizeof(*self->lengths));
    if (!self->lengths && graph->objects) return HG_NO_MEMORY;
    return hg_read_lengths(graph, &binding->task, self->lengths);
}

/*
 *  call-seq: graph.rows(dump_id, values) -> rows
 *
 * What makes rows of this graph. `dump_id` is the first cell of each. With `values` they also have
 * what strings and keys contain.
 */
static VALUE
graph_rows(VALUE graph, VALUE dump_id, VALUE values) {
    struct binding *binding = hgb_with(graph, HG_PART_TREE);
    struct rows *self;
    VALUE rows = TypedData_Make_Struct(rb_path2class("HeapDump::Rows"), struct rows, &rows_type,
                                       self);
    RB_OBJ_WRITE(rows, &self->graph, graph);
    self->rows = (struct hg_rows){
        .graph = binding->analysis.graph,
        .tree = &binding->analysis.tree,
        .texts = &self->texts,
        .dump_id = hgb_amount(dump_id),
        .values = RTEST(values),
        .task = &binding->task,
    };
    hgb_run(binding, prepare, self, NULL);
    self->rows.lengths = self->lengths;
    return rows;
}

static enum hg_table
table_of(VALUE number) {
    unsigned table = NUM2UINT(number);
    if (table >= HG_TABLES) rb_raise(rb_eArgError, "there is no table %u", table);
    return (enum hg_table)table;
}

/*
 *  call-seq: rows.columns(table) -> [[name, kind], …]
 *
 * The columns of a table (0: objects, 1: edges), with a number of enum hg_cell_kind.
 */
static VALUE
rows_columns(VALUE rows, VALUE table) {
    size_t count;
    const struct hg_table_column *columns = hg_table_columns(table_of(table), &count);
    VALUE list = rb_ary_new_capa((long)count);
    for (size_t i = 0; i < count; i++)
        rb_ary_push(list,
                    rb_assoc_new(rb_utf8_str_new_cstr(columns[i].name), INT2FIX(columns[i].kind)));
    return list;
}

/* Rows that are made as text. */
struct text {
    struct hg_rows *rows;
    enum hg_table table;
    struct hg_cursor cursor;
    size_t most, size;
    struct hg_buffer buffer;
};

static void
free_text(void *data) {
    struct text *text = data;
    hg_buffer_free(&text->buffer);
}

static enum hg_status
write_text(struct binding *binding, void *data) {
    struct text *text = data;
    enum hg_status status = hg_copy_text(text->rows, text->table, &text->cursor, text->most,
                                         &text->buffer, &text->size);
    if (status != HG_OK) free_text(text);
    return status;
}

/*
 *  call-seq: rows.copy_text(table, node, edge, most) -> [text, node, edge]
 *
 * Rows from a cursor on, as the text of COPY: about as many as `most` bytes take; "" if there are
 * no more. The cursor is [0, 0] before the first row, and that of the next row is returned.
 */
static VALUE
rows_copy_text(VALUE rows, VALUE table, VALUE node, VALUE edge, VALUE most) {
    struct rows *self = rb_check_typeddata(rows, &rows_type);
    struct binding *binding = hgb_loaded(self->graph);
    struct text text = {
        .rows = &self->rows,
        .table = table_of(table),
        .cursor = {hgb_node(binding, node), hgb_amount(edge)},
        .most = hgb_amount(most),
    };
    hgb_run(binding, write_text, &text, free_text);
    VALUE string = rb_utf8_str_new(text.buffer.bytes, (long)text.size);
    free_text(&text);
    return rb_ary_new_from_args(3, string, UINT2NUM(text.cursor.node), ULL2NUM(text.cursor.edge));
}

/* A batch, until somebody has taken its stream. */
struct batch {
    struct hg_rows *rows;
    enum hg_table table;
    struct hg_cursor cursor;
    size_t most, count;
    struct ArrowArrayStream stream;
};

static void
release_stream(void *data) {
    struct batch *batch = data;
    if (batch->stream.release) batch->stream.release(&batch->stream);
}

static void
free_batch(void *data) {
    release_stream(data);
    ruby_xfree(data);
}

static const rb_data_type_t batch_type = {
    .wrap_struct_name = "HeapDump::Rows::Batch",
    .function = {.dfree = free_batch},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static enum hg_status
make_batch(struct binding *binding, void *data) {
    struct batch *batch = data;
    return hg_arrow_batch(batch->rows, batch->table, &batch->cursor, batch->most, &batch->stream,
                          &batch->count);
}

/*
 *  call-seq: rows.batch(table, node, edge, most) -> [batch, rows, node, edge]
 *
 * Rows from a cursor on as columns, at most `most` of them, and how many these are. The cursor is
 * as for copy_text.
 */
static VALUE
rows_batch(VALUE rows, VALUE table, VALUE node, VALUE edge, VALUE most) {
    struct rows *self = rb_check_typeddata(rows, &rows_type);
    struct binding *binding = hgb_loaded(self->graph);
    struct batch *batch;
    VALUE made = TypedData_Make_Struct(rb_path2class("HeapDump::Rows::Batch"), struct batch,
                                       &batch_type, batch);
    *batch = (struct batch){
        .rows = &self->rows,
        .table = table_of(table),
        .cursor = {hgb_node(binding, node), hgb_amount(edge)},
        .most = hgb_limit(binding, most),
    };
    hgb_run(binding, make_batch, batch, release_stream);
    return rb_ary_new_from_args(4, made, SIZET2NUM(batch->count), UINT2NUM(batch->cursor.node),
                                ULL2NUM(batch->cursor.edge));
}

/*
 *  call-seq: batch.arrow_c_stream -> integer
 *
 * The address of a stream of the Arrow C data interface, which can be taken once.
 */
static VALUE
batch_arrow_c_stream(VALUE self) {
    struct batch *batch = rb_check_typeddata(self, &batch_type);
    if (!batch->stream.release) rb_raise(rb_eArgError, "somebody has taken this batch already");
    return ULL2NUM((uintptr_t)&batch->stream);
}

/* A database that is written. What it points to is kept by an Array on the stack of the caller. */
struct database {
    struct hg_rows *rows;
    int fd;
    const char *sql[HG_TABLES];
    struct hg_small_table *small;
    size_t small_count;
};

static enum hg_status
write_database(struct binding *binding, void *data) {
    struct database *database = data;
    return hg_write_database(database->rows, database->fd, database->sql, database->small,
                             database->small_count);
}

/* A copy of a String that stays where it is, and that nobody can change. */
static VALUE
keep(VALUE string, VALUE kept) {
    VALUE copy = rb_str_new_frozen(StringValue(string));
    rb_ary_push(kept, copy);
    return copy;
}

static void *
keep_room(size_t count, size_t size, VALUE kept) {
    VALUE buffer = rb_str_new(NULL, (long)((count + 1) * size));
    rb_ary_push(kept, buffer);
    return RSTRING_PTR(buffer);
}

static const char *
keep_name(VALUE string, VALUE kept) {
    VALUE copy = keep(string, kept);
    return StringValueCStr(copy);
}

static void
read_cell(VALUE value, VALUE kept, struct hg_cell *cell) {
    if (NIL_P(value)) hg_put_null(cell);
    else if (value == Qtrue || value == Qfalse) hg_put_boolean(cell, value == Qtrue);
    else if (RB_INTEGER_TYPE_P(value)) hg_put_number(cell, hgb_amount(value));
    else {
        VALUE text = keep(value, kept);
        hg_put_text(cell, RSTRING_PTR(text), (size_t)RSTRING_LEN(text));
    }
}

/* Reads [name, sql, number of columns, [cell, …]]. */
static void
read_small(VALUE array, VALUE kept, struct hg_small_table *table) {
    Check_Type(array, T_ARRAY);
    VALUE values = rb_ary_entry(array, 3);
    Check_Type(values, T_ARRAY);
    table->name = keep_name(rb_ary_entry(array, 0), kept);
    table->sql = keep_name(rb_ary_entry(array, 1), kept);
    table->columns = NUM2SIZET(rb_ary_entry(array, 2));
    size_t count = (size_t)RARRAY_LEN(values);
    if (!table->columns || table->columns > HG_MOST_COLUMNS || count % table->columns)
        rb_raise(rb_eArgError, "%zu cells are no rows of %zu columns", count, table->columns);
    table->rows = count / table->columns;
    struct hg_cell *cells = keep_room(count, sizeof(*cells), kept);
    for (size_t i = 0; i < count; i++) read_cell(rb_ary_entry(values, (long)i), kept, &cells[i]);
    table->cells = cells;
}

/*
 *  call-seq: rows.write_database(fd, [sql of objects, sql of edges], small) -> nil
 *
 * Writes all tables to an empty file as a database of SQLite, of which a descriptor is given. The
 * small ones are [name, sql, number of columns, all cells], at most 8 of them.
 */
static VALUE
rows_write_database(VALUE rows, VALUE fd, VALUE sql, VALUE small) {
    enum { MOST_TABLES = 8 };
    struct rows *self = rb_check_typeddata(rows, &rows_type);
    VALUE kept = rb_ary_new();
    struct hg_small_table tables[MOST_TABLES];
    struct database database = {.rows = &self->rows, .fd = NUM2INT(fd), .small = tables};
    Check_Type(sql, T_ARRAY);
    Check_Type(small, T_ARRAY);
    if (RARRAY_LEN(small) > MOST_TABLES) rb_raise(rb_eArgError, "these are too many tables");
    for (int i = 0; i < HG_TABLES; i++) database.sql[i] = keep_name(rb_ary_entry(sql, i), kept);
    for (long i = 0; i < RARRAY_LEN(small); i++)
        read_small(rb_ary_entry(small, i), kept, &tables[database.small_count++]);
    hgb_run(hgb_loaded(self->graph), write_database, &database, NULL);
    RB_GC_GUARD(kept);
    return Qnil;
}

void
hgb_define_rows(VALUE heapdump, VALUE graph) {
    VALUE rows = rb_define_class_under(heapdump, "Rows", rb_cObject);
    rb_undef_alloc_func(rows);
    rb_define_method(rows, "columns", rows_columns, 1);
    rb_define_method(rows, "copy_text", rows_copy_text, 4);
    rb_define_method(rows, "write_database", rows_write_database, 3);
    rb_define_method(rows, "batch", rows_batch, 4);
    VALUE batch = rb_define_class_under(rows, "Batch", rb_cObject);
    rb_undef_alloc_func(batch);
    rb_define_method(batch, "arrow_c_stream", batch_arrow_c_stream, 0);
    rb_define_method(graph, "rows", graph_rows, 2);
}
