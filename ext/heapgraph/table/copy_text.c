/* Place in the flow: see copy_text.h. */
#include "table/copy_text.h"

#include "base/progress.h"

enum { LONGEST_NUMBER = 20 };

/* The most bytes that a row takes. */
static size_t
room_of(const struct hg_cell *cells, size_t count) {
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += 1 + (cells[i].kind == HG_CELL_TEXT ? 2 * cells[i].text.size : LONGEST_NUMBER);
    return room;
}

static char *
write_number(char *to, uint64_t number) {
    char digits[LONGEST_NUMBER], *end = digits + sizeof(digits), *at = end;
    do *--at = (char)('0' + number % 10);
    while (number /= 10);
    memcpy(to, at, (size_t)(end - at));
    return to + (end - at);
}

static char *
write_text(char *to, struct hg_text text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.bytes[i], escape = 0;
        if (c == '\\') escape = '\\';
        else if (c == '\t') escape = 't';
        else if (c == '\n') escape = 'n';
        else if (c == '\r') escape = 'r';
        if (escape) *to++ = '\\';
        *to++ = escape ? escape : c;
    }
    return to;
}

static char *
write_cell(char *to, const struct hg_cell *cell) {
    switch ((enum hg_cell_kind)cell->kind) {
    case HG_CELL_NUMBER:
    case HG_CELL_BOOLEAN:
        return write_number(to, cell->number);
    case HG_CELL_TEXT:
        return write_text(to, cell->text);
    case HG_CELL_NULL:
        break;
    }
    *to++ = '\\';
    *to++ = 'N';
    return to;
}

static bool
write_row(struct hg_buffer *buffer, size_t *size, const struct hg_cell *cells, size_t count) {
    if (!hg_buffer_reserve(buffer, *size + room_of(cells, count))) return false;
    char *to = buffer->bytes + *size;
    for (size_t i = 0; i < count; i++) {
        to = write_cell(to, &cells[i]);
        *to++ = i + 1 < count ? '\t' : '\n';
    }
    *size = (size_t)(to - buffer->bytes);
    return true;
}

enum hg_status
hg_copy_text(struct hg_rows *rows, enum hg_table table, struct hg_cursor *cursor, size_t most,
             struct hg_buffer *buffer, size_t *size) {
    struct hg_cell cells[HG_MOST_COLUMNS];
    size_t count;
    bool more = true;
    hg_table_columns(table, &count);
    *size = 0;
    while (*size < most) {
        if (hg_stops(rows->task)) return HG_STOPPED;
        enum hg_status status = hg_next_row(rows, table, cursor, cells, &more);
        if (status != HG_OK) return status;
        if (!more) break;
        if (!write_row(buffer, size, cells, count)) return HG_NO_MEMORY;
    }
    return HG_OK;
}
