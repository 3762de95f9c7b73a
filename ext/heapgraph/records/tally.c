/* Place in the flow: within load. See tally.h. */
#include "records/tally.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void
hg_tally_free(struct hg_tally *tally) {
    free(tally->pieces);
    *tally = (struct hg_tally){0};
}

static void
keep_first(struct hg_spot *first, struct hg_spot spot) {
    if (spot.there && (!first->there || spot.byte < first->byte)) *first = spot;
}

static void
keep_last(struct hg_spot *last, struct hg_spot spot) {
    if (spot.there && (!last->there || spot.byte > last->byte)) *last = spot;
}

/* Keeps the first two of three spots. `first` and `second` are in order. */
static void
keep_two(struct hg_spot *first, struct hg_spot *second, struct hg_spot spot) {
    if (!spot.there) return;
    if (first->there && spot.byte >= first->byte) {
        keep_first(second, spot);
        return;
    }
    *second = *first;
    *first = spot;
}

void
hg_tally_kind(struct hg_tally *tally, struct hg_spot at, enum hg_line_kind kind) {
    if (kind == HG_LINE_OTHER) return;
    if (kind == HG_LINE_ROOT && tally->piece.to == HG_LINE_OBJECT)
        keep_first(&tally->roots_again, at);
    tally->piece.to = kind;
    if (tally->piece.from == HG_LINE_BAD) {
        tally->piece.from = kind;
        tally->piece.from_line = at.line;
        tally->piece.from_byte = at.byte;
    }
    if (kind == HG_LINE_HEADER) {
        tally->headers++;
        keep_two(&tally->header, &tally->second_header, at);
    }
    if (kind == HG_LINE_FOOTER) {
        tally->footers++;
        tally->footer = at;
    }
}

void
hg_tally_bad_line(struct hg_tally *tally, struct hg_spot at, const char *line, size_t size,
                  size_t bad) {
    tally->lines++;
    tally->bad_lines++;
    tally->last = at;
    const char *nul = memchr(line, '\0', size);
    struct hg_spot spot = at;
    spot.byte += bad;
    keep_first(&tally->bad, spot);
    if (!nul) return;

    tally->nul_lines++;
    for (const char *c = nul; c < line + size; c++) tally->nul_bytes += *c == '\0';
    spot.byte = at.byte + (uint64_t)(nul - line);
    keep_first(&tally->nul, spot);
}

static void
add_piece(struct hg_tally *tally, struct hg_piece_lines piece) {
    if (hg_grow(&tally->pieces, tally->count, &tally->room, 64, sizeof *tally->pieces))
        tally->pieces[tally->count++] = piece;
    else tally->failed = true;
}

void
hg_tally_piece(struct hg_tally *tally, uint64_t number, uint64_t lines, uint64_t bytes) {
    tally->piece.piece = number;
    tally->piece.lines = lines;
    add_piece(tally, tally->piece);
    tally->piece = (struct hg_piece_lines){0};
    tally->bytes += bytes;
}

void
hg_tally_add(struct hg_tally *sum, const struct hg_tally *other) {
    for (size_t i = 0; i < other->count; i++) add_piece(sum, other->pieces[i]);
    sum->failed |= other->failed;
    sum->lines += other->lines;
    sum->bytes += other->bytes;
    sum->bad_lines += other->bad_lines;
    sum->nul_lines += other->nul_lines;
    sum->nul_bytes += other->nul_bytes;
    sum->crlf_lines += other->crlf_lines;
    sum->headers += other->headers;
    sum->footers += other->footers;
    keep_two(&sum->header, &sum->second_header, other->header);
    keep_two(&sum->header, &sum->second_header, other->second_header);
    keep_first(&sum->bad, other->bad);
    keep_first(&sum->nul, other->nul);
    keep_first(&sum->roots_again, other->roots_again);
    keep_last(&sum->last, other->last);
    if (other->footer.there && (!sum->footer.there || other->footer.byte > sum->footer.byte))
        sum->promise = other->promise;
    keep_last(&sum->footer, other->footer);
    sum->byte_order_mark |= other->byte_order_mark;
    sum->unended |= other->unended;
}

static int
by_piece(const void *a, const void *b) {
    uint64_t x = ((const struct hg_piece_lines *)a)->piece;
    uint64_t y = ((const struct hg_piece_lines *)b)->piece;
    return x < y ? -1 : x > y;
}

static void
sort_pieces(struct hg_tally *sum) {
    if (sum->count > 0) qsort(sum->pieces, sum->count, sizeof *sum->pieces, by_piece);
}

/* The number of the line at a spot in the whole text, or 0 if there is no such line. */
static uint64_t
line_number(const struct hg_tally *sum, struct hg_spot spot) {
    uint64_t line = spot.line;
    for (size_t i = 0; spot.there && i < sum->count && sum->pieces[i].piece < spot.piece; i++)
        line += sum->pieces[i].lines;
    return line;
}

void
hg_tally_tell(struct hg_tally *sum, struct hg_account *account) {
    sort_pieces(sum);
    account->lines = sum->lines;
    account->bytes = sum->bytes;
    account->bad_lines = sum->bad_lines;
    account->bad_line = line_number(sum, sum->bad);
    account->bad_byte = sum->bad.byte;
    account->nul_lines = sum->nul_lines;
    account->nul_bytes = sum->nul_bytes;
    account->nul_line = line_number(sum, sum->nul);
    account->nul_byte = sum->nul.byte;
    account->crlf_lines = sum->crlf_lines;
    account->headers = sum->headers;
    account->footers = sum->footers;
    account->header_byte = sum->header.byte;
    account->footer_byte = sum->footer.byte;
    if (sum->header.there) account->before_header = line_number(sum, sum->header) - 1;
    if (sum->footer.there)
        account->behind_footer = line_number(sum, sum->last) - line_number(sum, sum->footer);
    account->second_line = line_number(sum, sum->second_header);
    account->second_byte = sum->second_header.byte;
    account->promise = sum->promise;
    account->byte_order_mark = sum->byte_order_mark;
    account->unended = sum->unended;
}

void
hg_tally_tell_second(const struct hg_tally *sum, struct hg_account *account) {
    struct hg_spot again = sum->roots_again;
    enum hg_line_kind before = HG_LINE_BAD;
    for (size_t i = 0; i < sum->count; i++) {
        const struct hg_piece_lines *piece = &sum->pieces[i];
        if (piece->from == HG_LINE_BAD) continue;
        if (piece->from == HG_LINE_ROOT && before == HG_LINE_OBJECT)
            keep_first(&again,
                       (struct hg_spot){piece->piece, piece->from_line, piece->from_byte, true});
        before = piece->to;
    }
    account->second_line = line_number(sum, again);
    account->second_byte = again.byte;
}
