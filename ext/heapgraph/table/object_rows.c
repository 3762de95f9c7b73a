/* Place in the flow: see table.h. */
#include "table/table.h"

#include "base/bytes.h"
#include "graph/load.h"
#include "search/kin.h"

#include <stdio.h>

// clang-format off
#define OBJECT_COLUMNS(X) \
    X(dump_id, NUMBER) X(id, NUMBER) X(address, TEXT) X(type, TEXT) X(kind, TEXT) X(class, TEXT) \
    X(class_id, NUMBER) X(name, TEXT) X(length, NUMBER) X(memsize, NUMBER) \
    X(retained_size, NUMBER) X(retained_objects, NUMBER) X(dominator_id, NUMBER) \
    X(reachable, BOOLEAN) X(program, BOOLEAN) X(frozen, BOOLEAN) X(old, BOOLEAN) \
    X(shared, BOOLEAN) X(singleton, BOOLEAN) X(finalizer, BOOLEAN) X(error, BOOLEAN) \
    X(file, TEXT) X(line, NUMBER) X(generation, NUMBER) X(value, TEXT) X(value_base64, TEXT)
// clang-format on

enum {
#define NUMBERED(column, kind) AT_##column,
    OBJECT_COLUMNS(NUMBERED)
#undef NUMBERED
        COLUMNS
};

const struct hg_table_column hg_object_columns[] = {
#define NAMED(column, kind) {#column, HG_CELL_##kind},
    OBJECT_COLUMNS(NAMED)
#undef NAMED
};
const size_t hg_object_column_count = COLUMNS;
_Static_assert(COLUMNS <= HG_MOST_COLUMNS, "a table has too many columns");

/* In the order of enum hg_type, as Node::TYPES. */
static const char *const TYPES[] = {
    "UNKNOWN",  "OBJECT", "CLASS",  "MODULE", "ICLASS", "FLOAT",        "STRING",  "REGEXP",
    "ARRAY",    "HASH",   "STRUCT", "BIGNUM", "FILE",   "DATA",         "MATCH",   "COMPLEX",
    "RATIONAL", "SYMBOL", "IMEMO",  "NODE",   "ROOT",   "VIRTUAL_ROOT", "MISSING",
};

static void
put_word(struct hg_cell *cell, const char *word) {
    hg_put_text(cell, word, strlen(word));
}

static void
put_address(struct hg_rows *rows, uint32_t node, struct hg_cell *cell) {
    if (node >= rows->graph->objects) {
        hg_put_null(cell);
        return;
    }
    static const char digits[] = "0123456789abcdef";
    char *end = rows->scratch + sizeof(rows->scratch), *at = end;
    uint64_t address = hg_address(rows->graph, node);
    do {
        *--at = digits[address & 15];
        address >>= 4;
    } while (address);
    *--at = 'x';
    *--at = '0';
    hg_put_text(cell, at, (size_t)(end - at));
}

static void
put_class(const struct hg_rows *rows, uint32_t node, struct hg_cell *cells) {
    uint32_t class = hg_real_class(rows->graph, node);
    hg_put_node(&cells[AT_class_id], class);
    hg_put_string(&cells[AT_class], rows,
                  class == HG_NO_NODE ? HG_NO_STRING : hg_label(rows->graph, class));
}

/* The one word of a node is its name if it is a module, and what kind of thing it is if not. */
static void
put_word_of_node(const struct hg_rows *rows, uint32_t node, uint8_t type, struct hg_cell *cells) {
    bool named = type == HG_T_CLASS || type == HG_T_MODULE || type == HG_T_MISSING;
    hg_put_null(&cells[named ? AT_kind : AT_name]);
    hg_put_string(&cells[named ? AT_name : AT_kind], rows, hg_label(rows->graph, node));
}

static void
put_tree(const struct hg_rows *rows, uint32_t node, struct hg_cell *cells) {
    uint32_t dominator = hg_dominator(rows->tree, node);
    if (dominator == rows->graph->nodes - 1) dominator = HG_NO_NODE;
    bool reachable = hg_is_reachable(rows->tree, node);
    hg_put_boolean(&cells[AT_reachable], reachable);
    hg_put_node(&cells[AT_dominator_id], dominator);
    hg_put_number(&cells[AT_retained_size], hg_retained(rows->tree, node));
    hg_put_number(&cells[AT_retained_objects], hg_retained_nodes(rows->tree, node));
}

static void
put_flags(const struct hg_rows *rows, uint32_t node, struct hg_cell *cells) {
    uint8_t flags = hg_flags(rows->graph, node);
    hg_put_boolean(&cells[AT_frozen], flags & HG_N_FROZEN);
    hg_put_boolean(&cells[AT_old], flags & HG_N_OLD);
    hg_put_boolean(&cells[AT_shared], flags & HG_N_SHARED);
    hg_put_boolean(&cells[AT_singleton], flags & HG_N_SINGLETON);
    hg_put_boolean(&cells[AT_finalizer], flags & HG_N_FINALIZER);
    hg_put_boolean(&cells[AT_error], flags & HG_N_ERROR);
}

/* "file:line" in two cells; a place without a line is all file. */
static void
put_place(const struct hg_rows *rows, uint32_t node, struct hg_cell *cells) {
    const struct hg_graph *graph = rows->graph;
    hg_put_null(&cells[AT_line]);
    hg_put_null(&cells[AT_generation]);
    hg_put_string(&cells[AT_file], rows,
                  hg_has_column(&graph->location) ? hg_location(graph, node) : HG_NO_STRING);
    if (hg_has_column(&graph->generation))
        hg_put_node(&cells[AT_generation], hg_generation(graph, node));
    if (cells[AT_file].kind == HG_CELL_NULL) return;
    struct hg_text *file = &cells[AT_file].text;
    const char *colon = memrchr(file->bytes, ':', file->size);
    if (!colon) return;
    uint64_t line;
    size_t before = (size_t)(colon - file->bytes);
    if (!hg_read_natural(colon + 1, file->size - before - 1, &line)) return;
    hg_put_number(&cells[AT_line], line);
    file->size = before;
}

static bool
has_value(uint8_t type) {
    return type == HG_T_STRING || type == HG_T_SYMBOL || type == HG_T_REGEXP ||
           type == HG_T_FLOAT || type == HG_T_BIGNUM;
}

/* A text of the line, clean. Returns false if there is no memory. */
static bool
put_token(struct hg_rows *rows, const struct hg_token *token, struct hg_cell *cell) {
    if (!token || (token->kind != HG_TOKEN_STRING && token->kind != HG_TOKEN_NUMBER)) return true;
    size_t clean = hg_clean_size(token->text, token->size);
    hg_put_text(cell, token->text, token->size);
    if (clean == token->size) return true;
    if (!hg_buffer_reserve(&rows->value, clean)) return false;
    hg_clean(rows->value.bytes, token->text, token->size);
    hg_put_text(cell, rows->value.bytes, clean);
    return true;
}

static enum hg_status
put_value(struct hg_rows *rows, uint32_t node, uint8_t type, struct hg_cell *cells) {
    hg_put_null(&cells[AT_value]);
    hg_put_null(&cells[AT_value_base64]);
    if (!rows->values || !has_value(type)) return HG_OK;
    const char *text;
    size_t size;
    enum hg_status status = hg_line(rows->graph, node, rows->task, &rows->line, &text, &size);
    if (status != HG_OK || size == 0 || !hg_parse_line(&rows->parser, text, size)) return status;
    const struct hg_tape *tape = &rows->parser.tape;
    const struct hg_token *value = hg_tape_field(tape, 0, "value");
    // yajl knows all escapes, and gives out texts without them
    if (value && value->escaped && hg_parse_line_slowly(&rows->parser, text, size))
        value = hg_tape_field(tape, 0, "value");
    int at = value ? AT_value : AT_value_base64;
    if (!value) value = hg_tape_field(tape, 0, "value_base64");
    return put_token(rows, value, &cells[at]) ? HG_OK : HG_NO_MEMORY;
}

enum hg_status
hg_object_row(struct hg_rows *rows, uint32_t node, struct hg_cell *cells) {
    const struct hg_graph *graph = rows->graph;
    uint8_t type = hg_type(graph, node);
    uint64_t length = node < graph->objects ? rows->lengths[node] : HG_NO_LENGTH;
    hg_put_number(&cells[AT_dump_id], rows->dump_id);
    hg_put_number(&cells[AT_id], node);
    put_address(rows, node, &cells[AT_address]);
    put_word(&cells[AT_type], TYPES[type <= HG_T_MISSING ? type : HG_T_UNKNOWN]);
    put_class(rows, node, cells);
    put_word_of_node(rows, node, type, cells);
    if (length == HG_NO_LENGTH) hg_put_null(&cells[AT_length]);
    else hg_put_number(&cells[AT_length], length);
    hg_put_number(&cells[AT_memsize], hg_memsize(graph, node));
    put_tree(rows, node, cells);
    hg_put_boolean(&cells[AT_program], hg_kin(graph, node) == HG_KIN_PROGRAM);
    put_flags(rows, node, cells);
    put_place(rows, node, cells);
    return put_value(rows, node, type, cells);
}
