/*
 * Parses one line of text to a tape. Whether a line is JSON is decided by yajl; scan.c is faster,
 * and knows only lines as dumps have them.
 */
#ifndef HEAPGRAPH_LINE_H
#define HEAPGRAPH_LINE_H

#include "reading/piece.h"
#include "reading/tape.h"

/* Lines with more bytes than this are bad lines: a token counts its bytes with 32 bits. */
#define HG_LINE_MOST INT32_MAX

struct hg_line_parser {
    struct hg_tape tape;
    const char *begin, *end;    /* of the line being parsed */
    struct hg_buffer unescaped; /* texts of the line from which escapes have been removed */
    size_t unescaped_size;
    size_t bad_at; /* the byte of a bad line at which the parser stopped */
};

void hg_line_parser_free(struct hg_line_parser *parser);

/*
 * Parses a line of `size` bytes without its newline; a newline and HG_PAD bytes that may be read
 * follow it. Returns false if the line is no JSON object (or an unfinished one, or one with too
 * many levels); `bad_at` says where. The tape points into the text, and is valid until the next
 * line is parsed.
 */
bool hg_parse_line(struct hg_line_parser *parser, const char *text, size_t size);

/* The same, with yajl alone. */
bool hg_parse_line_slowly(struct hg_line_parser *parser, const char *text, size_t size);

#endif
