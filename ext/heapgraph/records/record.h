/*
 * Makes records of one line of a dump: what kind of line it is, and what it says of an object or a
 * root. recorder.h has the records.
 */
#ifndef HEAPGRAPH_RECORD_H
#define HEAPGRAPH_RECORD_H

#include "reading/tape.h"
#include "records/recorder.h"

/* What a line is. SHAPE lines, and those of empty slots, are none of these. */
enum hg_line_kind {
    HG_LINE_BAD, /* no line of a dump */
    HG_LINE_HEADER,
    HG_LINE_ROOT,
    HG_LINE_OBJECT,
    HG_LINE_FOOTER,
    HG_LINE_OTHER,
};

/* Takes in a line that begins at `line` HG_LINE_UNITs. After `failed` every line is bad. */
enum hg_line_kind hg_record_line(struct hg_recorder *recorder, const struct hg_tape *tape,
                                 uint32_t line);

#endif
