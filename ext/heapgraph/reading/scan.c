/*
 * Parses lines of dumps to tapes; see scan.h. The lines are compact JSON with at most one space
 * behind a comma. Nothing is read behind the newline of a line except with the load of several
 * bytes at once: a newline ends every string, and is not allowed anywhere else.
 */
#include "reading/scan.h"

#include "base/bytes.h"
#include "reading/special.h"

struct scan {
    const char *at;
    const char *tail; // the last members of the line, which are known already; or NULL
    struct hg_token *next, *limit;
    struct hg_tape *tape;
};

static bool
make_room(struct scan *scan) {
    scan->tape->count = (uint32_t)(scan->next - scan->tape->token);
    if (!hg_tape_grow(scan->tape)) return false;
    scan->next = scan->tape->token + scan->tape->count;
    scan->limit = scan->tape->token + scan->tape->room;
    return true;
}

static inline bool
add(struct scan *scan, enum hg_token_kind kind, const char *text, size_t size, bool escaped) {
    if (__builtin_expect(scan->next == scan->limit, 0) && !make_room(scan)) return false;
    *scan->next++ = (struct hg_token){text, (uint32_t)size, (uint8_t)kind, escaped};
    return true;
}

static inline bool
is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The size of the escape that begins at `at`; 0 if it is none or half of a surrogate pair. */
static size_t
escape_size(const char *at) {
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return 2;
    case 'u':
        for (int i = 2; i < 6; i++) {
            if (!is_hex(at[i])) return 0;
        }
        return (at[2] == 'd' || at[2] == 'D') && at[3] >= '8' ? 0 : 6;
    default:
        return 0;
    }
}

/*
 * The size of the character beyond ASCII that begins at `at`; 0 if it is none. This check is as
 * strict as yajl's.
 */
static size_t
character_size(const char *at) {
    const unsigned char *c = (const unsigned char *)at;
    size_t size = c[0] >> 5 == 0x6 ? 2 : c[0] >> 4 == 0xe ? 3 : c[0] >> 3 == 0x1e ? 4 : 0;
    for (size_t i = 1; i < size; i++) {
        if (c[i] >> 6 != 2) return 0;
    }
    return size;
}

/* Reads a string from its opening quote on, and stops behind the closing one. */
static inline bool
scan_string(struct scan *scan, enum hg_token_kind kind) {
    const char *text = scan->at + 1, *at = text;
    bool escaped = false;
    for (;;) {
        at = hg_find_special(at);
        if (*at == '"') break;
        size_t size;
        if (*at == '\\') {
            size = escape_size(at);
            escaped = true;
        }
        else {
            size = (unsigned char)*at >= 0x80 ? character_size(at) : 0;
        }
        if (size == 0) return false;
        at += size;
    }
    scan->at = at + 1;
    return add(scan, kind, text, (size_t)(at - text), escaped);
}

static inline const char *
digits(const char *at) {
    while ((unsigned char)(*at - '0') <= 9) at++;
    return at;
}

static bool
scan_number(struct scan *scan) {
    const char *text = scan->at, *at = text, *part;
    if (*at == '-') at++;
    part = at;
    at = digits(at);
    if (at == part || (*part == '0' && at > part + 1)) return false;
    if (*at == '.') {
        part = ++at;
        at = digits(at);
        if (at == part) return false;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '+' || *at == '-') at++;
        part = at;
        at = digits(at);
        if (at == part) return false;
    }
    scan->at = at;
    return add(scan, HG_TOKEN_NUMBER, text, (size_t)(at - text), false);
}

static bool
scan_word(struct scan *scan) {
    enum hg_token_kind kind;
    size_t size = 4;
    if (memcmp(scan->at, "true", 4) == 0) kind = HG_TOKEN_TRUE;
    else if (memcmp(scan->at, "null", 4) == 0) kind = HG_TOKEN_NULL;
    else if (memcmp(scan->at, "false", size = 5) == 0) kind = HG_TOKEN_FALSE;
    else return false;
    scan->at += size;
    return add(scan, kind, NULL, 0, false);
}

/* Reads a value that is no container. */
static inline bool
scan_scalar(struct scan *scan) {
    char c = *scan->at;
    if (c == '"') return scan_string(scan, HG_TOKEN_STRING);
    if (c == '-' || (c >= '0' && c <= '9')) return scan_number(scan);
    return scan_word(scan);
}

static inline bool
scan_key(struct scan *scan) {
    if (*scan->at != '"' || !scan_string(scan, HG_TOKEN_KEY) || *scan->at != ':') return false;
    scan->at++;
    return true;
}

static bool
ends_line(const char *at) {
    if (*at == '\r') at++;
    return *at == '\n';
}

/*
 * Reads the members of the line's own map and of all containers in it, to the end of the line, or
 * to the tail if there is one. `begun` says that the innermost container has no member yet.
 */
static bool
scan_members(struct scan *scan, bool begun) {
    enum { DEPTH = 16 };
    uint32_t open[DEPTH], depth = 1;
    bool in_map[DEPTH] = {true};
    open[0] = 0;
    for (;;) {
        char end = in_map[depth - 1] ? '}' : ']';
        if (scan->at == scan->tail && depth == 1) {
            scan->tape->token[0].size = (uint32_t)(scan->next - scan->tape->token);
            return true;
        }
        if (*scan->at == end) {
            scan->at++;
            scan->tape->token[open[--depth]].size = (uint32_t)(scan->next - scan->tape->token);
            if (depth == 0) return !scan->tail && ends_line(scan->at); // a tail is to end this map
            begun = false;
            continue;
        }
        if (!begun) {
            if (*scan->at != ',') return false;
            scan->at++;
            if (*scan->at == ' ') scan->at++;
        }
        if (in_map[depth - 1] && !scan_key(scan)) return false;
        char c = *scan->at;
        if (c == '{' || c == '[') {
            if (depth == DEPTH) return false;
            open[depth] = (uint32_t)(scan->next - scan->tape->token);
            in_map[depth++] = c == '{';
            if (!add(scan, c == '{' ? HG_TOKEN_MAP : HG_TOKEN_LIST, NULL, 0, false)) return false;
            scan->at++;
            begun = true;
            continue;
        }
        if (!scan_scalar(scan)) return false;
        begun = false;
    }
}

static bool
scan_map(struct hg_tape *tape, const char *members, bool begun, const char *tail) {
    hg_tape_clear(tape);
    if (tape->room == 0 && !hg_tape_grow(tape)) return false;
    struct scan scan = {
        .at = members,
        .tail = tail,
        .next = tape->token,
        .limit = tape->token + tape->room,
        .tape = tape,
    };
    if (!add(&scan, HG_TOKEN_MAP, NULL, 0, false) || !scan_members(&scan, begun)) return false;
    tape->count = (uint32_t)(scan.next - tape->token);
    return true;
}

bool
hg_scan_line(struct hg_tape *tape, const char *line) {
    return *line == '{' && scan_map(tape, line + 1, true, NULL);
}

bool
hg_scan_rest(struct hg_tape *tape, const char *rest, const char *tail) {
    return scan_map(tape, rest, false, tail);
}
