/*
 * Makes records of one line of a dump: which kind of line it is, and what it says about an object
 * or a root. The structs of the records are in recorder.h.
 */
#ifndef HEAPGRAPH_RECORD_H
#define HEAPGRAPH_RECORD_H

#include "reading/line.h"
#include "records/recorder.h"

/* The kinds of lines. SHAPE lines and the lines of empty slots are HG_LINE_OTHER. */
enum hg_line_kind {
    HG_LINE_BAD, /* it is no line of a dump */
    HG_LINE_HEADER,
    HG_LINE_ROOT,
    HG_LINE_OBJECT,
    HG_LINE_FOOTER,
    HG_LINE_OTHER,
};

/*
 * Takes in a line that begins at `line` HG_LINE_UNITs, and returns its kind. Once the recorder has
 * `failed`, every line is bad.
 */
enum hg_line_kind hg_record_line(struct hg_recorder *recorder, const struct hg_tape *tape,
                                 uint32_t line);

/*
 * The same for a text of `size` bytes, which hg_parse_line would take. What many lines have in
 * common is not parsed again (heads.h); the records are the same. If the line is bad, *bad is the
 * byte of it at which that was seen.
 */
enum hg_line_kind hg_record_text(struct hg_recorder *recorder, struct hg_line_parser *parser,
                                 const char *text, size_t size, uint32_t line, size_t *bad);

#endif
