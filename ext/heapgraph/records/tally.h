/*
 * What one thread sees of the text while a dump is loaded, and the sum of what all threads have
 * seen. The sum depends only on the text, not on the number of threads, nor on which of them has
 * read which piece.
 */
#ifndef HEAPGRAPH_TALLY_H
#define HEAPGRAPH_TALLY_H

#include "records/account.h"
#include "records/record.h"

#include <stddef.h>

/* A place in the text. */
struct hg_spot {
    uint64_t piece, line; /* the number of the line in the piece, from 1 on */
    uint64_t byte;        /* in the whole text */
    bool there;
};

struct hg_piece_lines {
    uint64_t piece, lines;         /* `lines` includes empty ones */
    enum hg_line_kind from, to;    /* kinds of the first and last line, BAD and OTHER left out */
    uint64_t from_line, from_byte; /* where the first of these is */
};

/* A tally is zeroed at first. hg_tally_free frees all of it. */
struct hg_tally {
    struct hg_piece_lines *pieces;
    size_t count, room;
    struct hg_piece_lines piece; /* the piece that is being read */
    bool failed;                 /* out of memory */

    uint64_t lines, bytes, bad_lines, nul_lines, nul_bytes, crlf_lines, headers, footers;
    struct hg_spot header, second_header, bad, nul, roots_again; /* of each, the first one */
    struct hg_spot footer, last;                                 /* of each, the last one */
    struct hg_promise promise;                                   /* of that footer */
    bool byte_order_mark, unended;
};

void hg_tally_free(struct hg_tally *tally);

/* Counts a line that is not empty. Lines and pieces come in the order of the text. */
static inline void hg_tally_line(struct hg_tally *tally, struct hg_spot at, enum hg_line_kind kind);

/* Counts a line that is none of a dump. `bad` is the byte of the line at which that was seen. */
void hg_tally_bad_line(struct hg_tally *tally, struct hg_spot at, const char *line, size_t size,
                       size_t bad);

/*
 * Ends piece `number`, after its last line. `lines` is how many lines it has, empty ones included,
 * and `bytes` its size.
 */
void hg_tally_piece(struct hg_tally *tally, uint64_t number, uint64_t lines, uint64_t bytes);

/* Adds the tally of another thread to the sum. */
void hg_tally_add(struct hg_tally *sum, const struct hg_tally *other);

/* Writes the sum to the fields of the account that it knows. All other fields stay as they are. */
void hg_tally_tell(struct hg_tally *sum, struct hg_account *account);

/*
 * For a foreign dump in which an object has two lines: if ROOT lines come again behind objects, a
 * second dump begins there. hg_tally_tell comes first.
 */
void hg_tally_tell_second(const struct hg_tally *sum, struct hg_account *account);

/* -- inline -- */

void hg_tally_kind(struct hg_tally *tally, struct hg_spot at, enum hg_line_kind kind);

/* Nearly all lines are objects behind objects: of them there is nothing else to note. */
static inline void
hg_tally_line(struct hg_tally *tally, struct hg_spot at, enum hg_line_kind kind) {
    tally->lines++;
    tally->last = at;
    if (kind != HG_LINE_OBJECT || tally->piece.to != HG_LINE_OBJECT) hg_tally_kind(tally, at, kind);
}

#endif
