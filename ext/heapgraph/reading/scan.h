/*
 * A line of a dump to a tape, fast: JSON objects as our dumper and ObjectSpace.dump_all write them.
 * Whatever else is in a line, even if it is JSON, is left to yajl.
 */
#ifndef HEAPGRAPH_SCAN_H
#define HEAPGRAPH_SCAN_H

#include "reading/tape.h"

/*
 * The line ends in a newline, which is followed by HG_PAD readable bytes. True: the tape is what
 * yajl would make of it, but for texts that keep their escapes. False: not known here.
 */
bool hg_scan_line(struct hg_tape *tape, const char *line);

#endif
