/*
 * Lines as tokens; see tape.h.
 */
#include "reading/tape.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

bool
hg_tape_grow(struct hg_tape *tape) {
    return tape->room <= UINT32_MAX / 2 &&
           hg_grow(&tape->token, tape->room, &tape->room, 512, sizeof *tape->token);
}

void
hg_tape_free(struct hg_tape *tape) {
    free(tape->token);
    *tape = (struct hg_tape){0};
}

const struct hg_token *
hg_tape_field(const struct hg_tape *tape, uint32_t map, const char *name) {
    size_t size = strlen(name);
    for (uint32_t i = map + 1; i < tape->token[map].size; i = hg_tape_behind(tape, i + 1)) {
        const struct hg_token *key = &tape->token[i];
        if (key->size == size && memcmp(key->text, name, size) == 0) return key + 1;
    }
    return NULL;
}

static unsigned
hex4(const char *text) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = text[i];
        value = value << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static size_t
put_utf8(char *to, unsigned c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3f));
    to[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

size_t
hg_unescape(char *to, const char *text, size_t size) {
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    size_t n = 0;
    for (size_t i = 0; i < size;) {
        if (text[i] != '\\') {
            to[n++] = text[i++];
        }
        else if (text[i + 1] == 'u') {
            n += put_utf8(to + n, hex4(text + i + 2));
            i += 6;
        }
        else {
            const char *escape = escapes;
            while (escape[0] && escape[0] != text[i + 1]) escape += 2;
            to[n++] = escape[1];
            i += 2;
        }
    }
    return n;
}
