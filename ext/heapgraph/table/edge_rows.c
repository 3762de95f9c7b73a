/* Place in the flow: see table.h. */
#include "table/table.h"

#include <stdio.h>

// clang-format off
#define EDGE_COLUMNS(X) \
    X(dump_id, NUMBER) X(from_id, NUMBER) X(to_id, NUMBER) X(kind, TEXT) X(name, TEXT) \
    X(key_id, NUMBER) X(frame, TEXT)
// clang-format on

enum {
#define NUMBERED(column, kind) AT_##column,
    EDGE_COLUMNS(NUMBERED)
#undef NUMBERED
        COLUMNS
};

const struct hg_table_column hg_edge_columns[] = {
#define NAMED(column, kind) {#column, HG_CELL_##kind},
    EDGE_COLUMNS(NAMED)
#undef NAMED
};
const size_t hg_edge_column_count = COLUMNS;
_Static_assert(COLUMNS <= HG_MOST_COLUMNS, "a table has too many columns");

#define TEXT(literal)                                                                              \
    { literal, sizeof(literal) - 1 }

/* In the order of enum hg_edge_kind, as Edge::KINDS. */
static const struct hg_text KINDS[HG_E_KINDS] = {
    TEXT("reference"),   TEXT("field"),    TEXT("ivar"),           TEXT("index"),
    TEXT("key"),         TEXT("value"),    TEXT("value_at"),       TEXT("value_int"),
    TEXT("member"),      TEXT("constant"), TEXT("class_variable"), TEXT("method"),
    TEXT("global"),      TEXT("captured"), TEXT("frame"),          TEXT("frame_local"),
    TEXT("fiber_local"), TEXT("root"),     TEXT("weak"),           TEXT("class"),
};

static bool
is(struct hg_text text, const char *word) {
    return text.size == strlen(word) && memcmp(text.bytes, word, text.size) == 0;
}

/*
 * A key that is no object, as it stands in the dump: ":id" in quotes, 1.5, null. Only one that
 * comes from code (a symbol, true, false, nil) is written without `values`.
 */
static void
put_key(const struct hg_rows *rows, struct hg_cell *cell) {
    struct hg_text *key = &cell->text;
    if (cell->kind == HG_CELL_NULL) return;
    bool quoted = key->size >= 2 && key->bytes[0] == '"' && key->bytes[key->size - 1] == '"';
    if (quoted) *key = (struct hg_text){key->bytes + 1, key->size - 2};
    if (is(*key, "null")) *key = (struct hg_text)TEXT("nil");
    bool word = is(*key, "true") || is(*key, "false") || is(*key, "nil");
    bool symbol = key->size > 0 && key->bytes[0] == ':';
    if (!rows->values && !symbol && (quoted || !word)) hg_put_null(cell);
}

static void
put_integer(struct hg_rows *rows, uint32_t number, struct hg_cell *cell) {
    char *end = rows->scratch + sizeof(rows->scratch), *at = end;
    do *--at = (char)('0' + number % 10);
    while (number /= 10);
    hg_put_text(cell, at, (size_t)(end - at));
}

/* "label file:line \x1f name" in two cells; any other text is all name. */
static void
put_frame(struct hg_cell *name, struct hg_cell *frame) {
    if (name->kind == HG_CELL_NULL) return;
    struct hg_text all = name->text;
    const char *separator = memchr(all.bytes, '\x1f', all.size);
    if (!separator) return;
    size_t before = (size_t)(separator - all.bytes);
    hg_put_text(frame, all.bytes, before);
    hg_put_text(name, separator + 1, all.size - before - 1);
}

static void
put_name(struct hg_rows *rows, uint32_t edge, struct hg_cell *cells) {
    struct hg_cell *name = &cells[AT_name];
    uint32_t payload = hg_edge_payload(edge);
    hg_put_null(name);
    hg_put_null(&cells[AT_key_id]);
    hg_put_null(&cells[AT_frame]);
    if (payload == HG_PAYLOAD_NONE) return;
    switch (hg_edge_kind(edge)) {
    case HG_E_REFERENCE:
    case HG_E_ROOT:
    case HG_E_CLASS:
    case HG_E_KINDS:
        break;
    case HG_E_INDEX:
    case HG_E_KEY:
        put_integer(rows, payload, name);
        break;
    case HG_E_VALUE_INT:
        if (rows->values) put_integer(rows, payload, name);
        break;
    case HG_E_VALUE_AT:
        hg_put_number(&cells[AT_key_id], payload);
        break;
    case HG_E_VALUE:
        hg_put_string(name, rows, payload);
        put_key(rows, name);
        break;
    default:
        hg_put_string(name, rows, payload);
        put_frame(name, &cells[AT_frame]);
    }
}

uint64_t
hg_edges_of(const struct hg_graph *graph, uint32_t node) {
    bool class = hg_class(graph, node) != HG_NO_NODE;
    return hg_first(graph, node + 1) - hg_first(graph, node) + class;
}

void
hg_edge_row(struct hg_rows *rows, uint32_t node, uint64_t edge, struct hg_cell *cells) {
    const struct hg_graph *graph = rows->graph;
    uint32_t class = hg_class(graph, node);
    bool has_class = class != HG_NO_NODE, is_class = has_class && edge == 0;
    uint64_t at = hg_first(graph, node) + edge - has_class;
    uint32_t name = is_class ? hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE) : hg_name(graph, at);
    uint8_t kind = hg_edge_kind(name) < HG_E_KINDS ? hg_edge_kind(name) : HG_E_REFERENCE;
    hg_put_number(&cells[AT_dump_id], rows->dump_id);
    hg_put_number(&cells[AT_from_id], node);
    hg_put_number(&cells[AT_to_id], is_class ? class : hg_target(graph, at));
    hg_put_text(&cells[AT_kind], KINDS[kind].bytes, KINDS[kind].size);
    put_name(rows, name, cells);
}
