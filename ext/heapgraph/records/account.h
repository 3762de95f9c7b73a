/*
 * What reading a dump has found, the same for any number of threads: counts, where certain lines
 * are in the text, what the dump says of itself, and what follows from that (whole.h). An index
 * file keeps this struct, so it has no pointers.
 */
#ifndef HEAPGRAPH_ACCOUNT_H
#define HEAPGRAPH_ACCOUNT_H

#include "records/whole.h"

#include <stdbool.h>
#include <stdint.h>

/* What a FOOTER promises. `has_…` is false for a number that it does not name. */
struct hg_promise {
    uint64_t objects, lines, roots, bytes, gc_runs;
    bool has_objects, has_lines, has_roots, has_bytes, has_gc_runs;
    bool complete;
};

struct hg_account {
    uint64_t lines, bytes; /* of the decompressed text; empty lines are not counted */
    uint64_t object_lines, root_lines;
    uint64_t error_lines; /* of objects that could not be read when the dump was taken */

    /*
     * Lines are numbered from 1 and bytes of the text from 0. Both are 0 if there is no such line.
     */
    uint64_t bad_lines, bad_line, bad_byte; /* lines of no dump, and where the first is */
    uint64_t nul_lines, nul_bytes, nul_line, nul_byte; /* bad lines with NUL bytes; the first NUL */
    uint64_t crlf_lines;                               /* that end in CR LF */
    uint64_t headers, footers;
    uint64_t before_header, behind_footer; /* lines before the first, behind the last */
    uint64_t header_byte, footer_byte;     /* where these two begin */
    uint64_t second_line, second_byte;     /* where a second dump begins */

    uint64_t unknown_types, missing;
    uint64_t duplicates;     /* further lines of an address that has one: the first line counts */
    uint64_t bad_references; /* to what is no object's address: these become no edges */
    uint64_t damaged_byte;   /* where in the file, if `damaged` */

    struct hg_promise promise; /* of the last FOOTER */
    bool damaged;              /* compressed data was cut off or broken */
    bool byte_order_mark;
    bool unended;              /* the last line has no newline */
    bool objspace_format;      /* the dump was not written by us */
    uint8_t answer[HG_CHECKS]; /* enum hg_answer */
};

#endif
