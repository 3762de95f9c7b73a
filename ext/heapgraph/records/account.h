/*
 * What reading a dump has found, whatever the number of threads: counts, where things stand in the
 * text, what the dump says of itself, and what follows from that (whole.h). It knows no pointers,
 * since an index file keeps it.
 */
#ifndef HEAPGRAPH_ACCOUNT_H
#define HEAPGRAPH_ACCOUNT_H

#include "records/whole.h"

#include <stdbool.h>
#include <stdint.h>

/* What a FOOTER promises. Of numbers that it does not tell `has_…` is false. */
struct hg_promise {
    uint64_t objects, lines, roots, bytes;
    bool has_objects, has_lines, has_roots, has_bytes;
    bool complete;
};

struct hg_account {
    uint64_t lines, bytes; /* uncompressed; empty lines are not counted */
    uint64_t object_lines, root_lines;
    uint64_t error_lines; /* of objects that could not be read when the dump was taken */

    /* Lines are counted from 1 and bytes of the text from 0; both are 0 where there is none. */
    uint64_t bad_lines, bad_line, bad_byte; /* no lines of a dump, and where the first one is */
    uint64_t nul_lines, nul_bytes, nul_line, nul_byte; /* bad lines with NUL bytes, the first NUL */
    uint64_t crlf_lines;                               /* that end in CR LF */
    uint64_t headers, footers;
    uint64_t before_header, behind_footer; /* lines before the first one, behind the last one */
    uint64_t header_byte, footer_byte;     /* where these begin */
    uint64_t second_line, second_byte;     /* where a second dump begins */

    uint64_t unknown_types, missing;
    uint64_t duplicates;     /* lines of an address that had one before: the first one counts */
    uint64_t bad_references; /* to what can be no object's address; no edge */
    uint64_t damaged_byte;   /* of the file, where `damaged` */

    struct hg_promise promise; /* of the last FOOTER */
    bool damaged;              /* compressed data was cut off or broken */
    bool byte_order_mark;
    bool unended;              /* the last line has no newline */
    bool objspace_format;      /* it is none of ours */
    uint8_t answer[HG_CHECKS]; /* enum hg_answer */
};

#endif
