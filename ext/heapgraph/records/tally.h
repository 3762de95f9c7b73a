/*
 * What one thread sees of the text while a dump is loaded, and the sum of what all have seen. The
 * sum depends on the text alone: not on how many threads there were, nor on which of them read what.
 */
#ifndef HEAPGRAPH_TALLY_H
#define HEAPGRAPH_TALLY_H

#include "records/account.h"
#include "records/record.h"

#include <stddef.h>

/* A place in the text. */
struct hg_spot {
    uint64_t piece, line; /* the line counted from 1 within the piece */
    uint64_t byte;        /* of the whole text */
    bool there;
};

struct hg_piece_lines {
    uint64_t piece, lines;         /* empty ones are counted too */
    enum hg_line_kind from, to;    /* the first and the last line that says something of a dump */
    uint64_t from_line, from_byte; /* where the first one is */
};

/* Zeroed at first; hg_tally_free gives all back. */
struct hg_tally {
    struct hg_piece_lines *pieces;
    size_t count, room;
    struct hg_piece_lines piece; /* the one that is being read */
    bool failed;                 /* out of memory */

    uint64_t lines, bytes, bad_lines, nul_lines, nul_bytes, crlf_lines, headers, footers;
    struct hg_spot header, second_header, bad, nul, roots_again; /* the first ones */
    struct hg_spot footer, last;                                 /* the last ones */
    struct hg_promise promise;                                   /* of that footer */
    bool byte_order_mark, unended;
};

void hg_tally_free(struct hg_tally *tally);

/* A line that is not empty; pieces come in the order of the text, and lines within them. */
void hg_tally_line(struct hg_tally *tally, struct hg_spot at, enum hg_line_kind kind);

/* The same for one that is none of a dump; `bad` is where in it that was seen. */
void hg_tally_bad_line(struct hg_tally *tally, struct hg_spot at, const char *line, size_t size,
                       size_t bad);

/* After the last line of a piece, of which there were so many, empty ones among them. */
void hg_tally_piece(struct hg_tally *tally, uint64_t number, uint64_t lines, uint64_t bytes);

/* Adds what another thread has seen. */
void hg_tally_add(struct hg_tally *sum, const struct hg_tally *other);

/* The sum in the account: the fields that this file knows, all others are left alone. */
void hg_tally_tell(struct hg_tally *sum, struct hg_account *account);

/*
 * For a foreign dump with objects that have two lines: if ROOT lines come again behind objects, a
 * second dump begins there. After hg_tally_tell.
 */
void hg_tally_tell_second(const struct hg_tally *sum, struct hg_account *account);

#endif
