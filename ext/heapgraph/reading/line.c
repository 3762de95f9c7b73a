/*
 * Lines by yajl; see line.h.
 */
#include "reading/line.h"

#include "base/bytes.h"
#include "reading/scan.h"

#include <yajl/yajl_parse.h>

void
hg_line_parser_free(struct hg_line_parser *parser) {
    hg_tape_free(&parser->tape);
    hg_buffer_free(&parser->unescaped);
}

/*
 * Returns a text that is valid as long as the tape. yajl passes a text without escapes as a part of
 * the line; a text that it has rewritten is copied.
 */
static const char *
keep(struct hg_line_parser *parser, const char *text, size_t size) {
    if (text >= parser->begin && text < parser->end) return text;
    // all of them together are shorter than the line, so the buffer never grows within a line
    size_t room = (size_t)(parser->end - parser->begin);
    if (!hg_buffer_reserve(&parser->unescaped, room)) return NULL;
    char *to = parser->unescaped.bytes + parser->unescaped_size;
    memcpy(to, text, size);
    parser->unescaped_size += size;
    return to;
}

static int
add_text(struct hg_line_parser *parser, enum hg_token_kind kind, const unsigned char *text,
         size_t size) {
    const char *kept = keep(parser, (const char *)text, size);
    return kept && hg_tape_add(&parser->tape, kind, kept, size, false);
}

static int
on_string(void *parser, const unsigned char *text, size_t size) {
    return add_text(parser, HG_TOKEN_STRING, text, size);
}

static int
on_key(void *parser, const unsigned char *text, size_t size) {
    return add_text(parser, HG_TOKEN_KEY, text, size);
}

static int
on_number(void *parser, const char *text, size_t size) {
    return add_text(parser, HG_TOKEN_NUMBER, (const unsigned char *)text, size);
}

static int
on_boolean(void *data, int value) {
    struct hg_line_parser *parser = data;
    return hg_tape_add(&parser->tape, value ? HG_TOKEN_TRUE : HG_TOKEN_FALSE, NULL, 0, false);
}

static int
on_null(void *data) {
    struct hg_line_parser *parser = data;
    return hg_tape_add(&parser->tape, HG_TOKEN_NULL, NULL, 0, false);
}

static int
on_map(void *data) {
    struct hg_line_parser *parser = data;
    return hg_tape_open(&parser->tape, HG_TOKEN_MAP);
}

static int
on_list(void *data) {
    struct hg_line_parser *parser = data;
    return hg_tape_open(&parser->tape, HG_TOKEN_LIST);
}

static int
on_end(void *data) {
    struct hg_line_parser *parser = data;
    hg_tape_close(&parser->tape);
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_list,
    .yajl_end_array = on_end,
};

bool
hg_parse_line_slowly(struct hg_line_parser *parser, const char *text, size_t size) {
    hg_tape_clear(&parser->tape);
    parser->begin = text;
    parser->end = text + size;
    parser->unescaped_size = 0;
    parser->bad_at = 0;
    if (size > HG_LINE_MOST) return false;
    yajl_handle yajl = yajl_alloc(&callbacks, NULL, parser);
    if (!yajl) return false;
    yajl_status status = yajl_parse(yajl, (const unsigned char *)text, size);
    parser->bad_at = yajl_get_bytes_consumed(yajl);
    if (status == yajl_status_ok) status = yajl_complete_parse(yajl);
    yajl_free(yajl);
    return status == yajl_status_ok && parser->tape.count > 0 &&
           parser->tape.token[0].kind == HG_TOKEN_MAP;
}

bool
hg_parse_line(struct hg_line_parser *parser, const char *text, size_t size) {
    if (size <= HG_LINE_MOST && hg_scan_line(&parser->tape, text)) return true;
    return hg_parse_line_slowly(parser, text, size);
}
