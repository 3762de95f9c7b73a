/*
 * Parses a line of a dump to a tape, fast: JSON objects as our dumper and ObjectSpace.dump_all
 * write them. Lines with anything else in them, even if it is JSON, are left to yajl.
 */
#ifndef HEAPGRAPH_SCAN_H
#define HEAPGRAPH_SCAN_H

#include "reading/tape.h"

/*
 * Parses a line that ends in a newline, which is followed by HG_PAD bytes that may be read. Returns
 * true if the tape is what yajl would make of the line, except that texts still have their escapes;
 * false if the line is none that this function knows.
 */
bool hg_scan_line(struct hg_tape *tape, const char *line);

/*
 * The same for what follows some members of the line's map, which were read already: a comma and
 * further members, or the end of the map. The tape has only these. If the members that were read
 * are followed by others that end where `tail` begins, the tail is not parsed; it must be a comma,
 * members and the end of the map, or NULL.
 */
bool hg_scan_rest(struct hg_tape *tape, const char *rest, const char *tail);

#endif
