/*
 * One line of text to a tape. yajl decides what is JSON; scan.c is faster and knows only what dumps
 * look like.
 */
#ifndef HEAPGRAPH_LINE_H
#define HEAPGRAPH_LINE_H

#include "reading/piece.h"
#include "reading/tape.h"

struct hg_line_parser {
    struct hg_tape tape;
    const char *begin, *end;    /* of the line being parsed */
    struct hg_buffer unescaped; /* texts of the line that have been written anew */
    size_t unescaped_size;
    size_t bad_at; /* where in a bad line its parser stopped */
};

void hg_line_parser_free(struct hg_line_parser *parser);

/*
 * Parses a line without its newline; a newline and HG_PAD readable bytes follow it. False if it is
 * no JSON object (or has no end, or is too deep): bad_at says where. The tape points into the text
 * and holds until the next line.
 */
bool hg_parse_line(struct hg_line_parser *parser, const char *text, size_t size);

/* The same by yajl alone. */
bool hg_parse_line_slowly(struct hg_line_parser *parser, const char *text, size_t size);

#endif
