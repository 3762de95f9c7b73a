/* Place in the flow: see arrow.h. */
#include "table/arrow.h"

#include "base/progress.h"

#include <errno.h>
#include <stdlib.h>

enum { LONG_TEXTS = 256 << 20 }; /* bytes of one column after which a batch ends */

/* One column. Which of its buffers it has depends on its kind. */
struct column {
    const char *name;
    uint8_t kind; /* enum hg_cell_kind */
    size_t nulls;
    uint8_t *valid;   /* a bit for each row */
    uint8_t *bits;    /* BOOLEAN: a bit for each row */
    int64_t *numbers; /* NUMBER; TEXT: where each text begins, and where the last one ends */
    struct hg_buffer text;
    const void *buffers[3];
};

struct batch {
    size_t columns, rows;
    bool taken;
    struct column column[HG_MOST_COLUMNS];
};

static void
free_column(struct column *column) {
    free(column->valid);
    free(column->bits);
    free(column->numbers);
    hg_buffer_free(&column->text);
}

static void
free_batch(struct batch *batch) {
    if (!batch) return;
    for (size_t i = 0; i < batch->columns; i++) free_column(&batch->column[i]);
    free(batch);
}

static struct batch *
new_batch(enum hg_table table, size_t most) {
    struct batch *batch = calloc(1, sizeof(*batch));
    if (!batch) return NULL;
    const struct hg_table_column *columns = hg_table_columns(table, &batch->columns);
    bool failed = false;
    for (size_t i = 0; i < batch->columns; i++) {
        struct column *column = &batch->column[i];
        column->name = columns[i].name;
        column->kind = columns[i].kind;
        column->valid = calloc(most / 8 + 1, 1);
        failed |= !column->valid;
        if (column->kind == HG_CELL_BOOLEAN) column->bits = calloc(most / 8 + 1, 1);
        else column->numbers = calloc(most + 1, sizeof(*column->numbers));
        failed |= !column->bits && !column->numbers;
    }
    if (!failed) return batch;
    free_batch(batch);
    return NULL;
}

static bool
add_text(struct column *column, size_t row, const struct hg_cell *cell) {
    size_t at = (size_t)column->numbers[row], size = 0;
    if (cell->kind != HG_CELL_NULL) {
        size = cell->text.size;
        if (!hg_buffer_reserve(&column->text, at + size)) return false;
        memcpy(column->text.bytes + at, cell->text.bytes, size);
    }
    column->numbers[row + 1] = (int64_t)(at + size);
    return true;
}

/* Adds a cell to its column. Returns false if there is no memory. */
static bool
add_cell(struct column *column, size_t row, const struct hg_cell *cell) {
    uint8_t bit = (uint8_t)(1 << row % 8);
    if (cell->kind == HG_CELL_NULL) column->nulls++;
    else column->valid[row / 8] |= bit;
    if (column->kind == HG_CELL_TEXT) return add_text(column, row, cell);
    if (cell->kind == HG_CELL_NULL) return true;
    if (column->kind == HG_CELL_NUMBER) column->numbers[row] = (int64_t)cell->number;
    else if (cell->number) column->bits[row / 8] |= bit;
    return true;
}

/* Whether a batch has enough, so that another one is to be begun. */
static bool
is_long(const struct batch *batch) {
    for (size_t i = 0; i < batch->columns; i++)
        if (batch->column[i].text.room > LONG_TEXTS) return true;
    return false;
}

static enum hg_status
fill(struct batch *batch, struct hg_rows *rows, enum hg_table table, struct hg_cursor *cursor,
     size_t most) {
    struct hg_cell cells[HG_MOST_COLUMNS];
    while (batch->rows < most && !is_long(batch)) {
        bool more;
        if (hg_stops(rows->task)) return HG_STOPPED;
        enum hg_status status = hg_next_row(rows, table, cursor, cells, &more);
        if (status != HG_OK || !more) return status;
        for (size_t i = 0; i < batch->columns; i++)
            if (!add_cell(&batch->column[i], batch->rows, &cells[i])) return HG_NO_MEMORY;
        batch->rows++;
    }
    return HG_OK;
}

/* -- the interface -- */

static const char *
format_of(const struct column *column) {
    if (column->kind == HG_CELL_TEXT) return "U";
    return column->kind == HG_CELL_NUMBER ? "l" : "b";
}

static void
release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child->release) child->release(child);
    }
    free(schema->private_data);
    schema->release = NULL;
}

/* The children of a schema or an array, and the pointers to them: one piece of memory. */
static void *
children(size_t count, size_t size, void ***pointers) {
    char *memory = calloc(count, size + sizeof(void *));
    if (!memory) return NULL;
    *pointers = (void **)(void *)memory;
    for (size_t i = 0; i < count; i++) (*pointers)[i] = memory + count * sizeof(void *) + i * size;
    return memory;
}

static int
get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema) {
    const struct batch *batch = stream->private_data;
    void **pointers;
    void *memory = children(batch->columns, sizeof(*schema), &pointers);
    if (!memory) return ENOMEM;
    *schema = (struct ArrowSchema){
        .format = "+s",
        .name = "",
        .n_children = (int64_t)batch->columns,
        .children = (struct ArrowSchema **)pointers,
        .release = release_schema,
        .private_data = memory,
    };
    for (size_t i = 0; i < batch->columns; i++)
        *schema->children[i] = (struct ArrowSchema){
            .format = format_of(&batch->column[i]),
            .name = batch->column[i].name,
            .flags = 2, // there may be nulls
            .release = release_schema,
        };
    return 0;
}

/* A child has its column alone as private data, so that it can be moved and outlive the batch. */
static void
release_column(struct ArrowArray *array) {
    struct column *column = array->private_data;
    free_column(column);
    free(column);
    array->release = NULL;
}

static void
release_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child->release) child->release(child);
    }
    free(array->private_data);
    array->release = NULL;
}

/* Moves a column out of the batch. Returns false if there is no memory. */
static bool
export_column(struct batch *batch, size_t i, struct ArrowArray *array) {
    struct column *column = malloc(sizeof(*column));
    if (!column) return false;
    static const char nothing[1];
    *column = batch->column[i];
    batch->column[i] = (struct column){.name = column->name, .kind = column->kind};
    bool text = column->kind == HG_CELL_TEXT;
    column->buffers[0] = column->valid;
    column->buffers[1] = column->kind == HG_CELL_BOOLEAN ? (void *)column->bits : column->numbers;
    column->buffers[2] = column->text.bytes ? column->text.bytes : nothing;
    *array = (struct ArrowArray){
        .length = (int64_t)batch->rows,
        .null_count = (int64_t)column->nulls,
        .n_buffers = text ? 3 : 2,
        .buffers = column->buffers,
        .release = release_column,
        .private_data = column,
    };
    return true;
}

/* The pointer that stands for a bitmap that is not there. */
static const void *no_buffers[1];

static int
get_next(struct ArrowArrayStream *stream, struct ArrowArray *array) {
    struct batch *batch = stream->private_data;
    *array = (struct ArrowArray){0};
    if (batch->taken) return 0; // a released array ends the stream
    batch->taken = true;
    void **pointers;
    void *memory = children(batch->columns, sizeof(*array), &pointers);
    if (!memory) return ENOMEM;
    *array = (struct ArrowArray){
        .length = (int64_t)batch->rows,
        .n_buffers = 1,
        .n_children = (int64_t)batch->columns,
        .buffers = no_buffers,
        .children = (struct ArrowArray **)pointers,
        .release = release_array,
        .private_data = memory,
    };
    for (size_t i = 0; i < batch->columns; i++) {
        if (export_column(batch, i, array->children[i])) continue;
        release_array(array);
        return ENOMEM;
    }
    return 0;
}

static const char *
get_last_error(struct ArrowArrayStream *stream) {
    return "out of memory";
}

static void
release_stream(struct ArrowArrayStream *stream) {
    free_batch(stream->private_data);
    stream->release = NULL;
}

enum hg_status
hg_arrow_batch(struct hg_rows *rows, enum hg_table table, struct hg_cursor *cursor, size_t most,
               struct ArrowArrayStream *stream, size_t *count) {
    struct batch *batch = new_batch(table, most);
    if (!batch) return HG_NO_MEMORY;
    enum hg_status status = fill(batch, rows, table, cursor, most);
    if (status != HG_OK) {
        free_batch(batch);
        return status;
    }
    *count = batch->rows;
    *stream = (struct ArrowArrayStream){
        .get_schema = get_schema,
        .get_next = get_next,
        .get_last_error = get_last_error,
        .release = release_stream,
        .private_data = batch,
    };
    return HG_OK;
}
