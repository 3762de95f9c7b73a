/*
 * One line of a dump as a flat list of tokens, in the order of the text. The members of a container
 * follow its token, which says where they end.
 */
#ifndef HEAPGRAPH_TAPE_H
#define HEAPGRAPH_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hg_token_kind {
    HG_TOKEN_MAP,
    HG_TOKEN_LIST,
    HG_TOKEN_KEY,
    HG_TOKEN_STRING,
    HG_TOKEN_NUMBER,
    HG_TOKEN_TRUE,
    HG_TOKEN_FALSE,
    HG_TOKEN_NULL,
};

struct hg_token {
    const char *text; /* of KEY and STRING without quotes; of NUMBER as it is */
    uint32_t size;    /* of the text; of MAP and LIST: the token behind the container */
    uint8_t kind;
    bool escaped; /* the text still has its escapes: see hg_unescape */
};

/* Lines with more levels than this are bad lines. The lines that we write have 5. */
#define HG_TAPE_DEPTH 64

struct hg_tape {
    struct hg_token *token;
    uint32_t count, depth;
    size_t room;
    uint32_t open[HG_TAPE_DEPTH]; /* containers that have not ended */
};

bool hg_tape_grow(struct hg_tape *tape);
void hg_tape_free(struct hg_tape *tape);

static inline void
hg_tape_clear(struct hg_tape *tape) {
    tape->count = tape->depth = 0;
}

/* Adds a token. Returns false if there is no memory. */
static inline bool
hg_tape_add(struct hg_tape *tape, enum hg_token_kind kind, const char *text, size_t size,
            bool escaped) {
    if (tape->count == tape->room && !hg_tape_grow(tape)) return false;
    tape->token[tape->count++] = (struct hg_token){text, (uint32_t)size, (uint8_t)kind, escaped};
    return true;
}

/*
 * Adds a container and opens it. Returns false if there is no memory or too many levels are open.
 */
static inline bool
hg_tape_open(struct hg_tape *tape, enum hg_token_kind kind) {
    if (tape->depth == HG_TAPE_DEPTH) return false;
    tape->open[tape->depth++] = tape->count;
    return hg_tape_add(tape, kind, NULL, 0, false);
}

static inline void
hg_tape_close(struct hg_tape *tape) {
    tape->token[tape->open[--tape->depth]].size = tape->count;
}

/* The number of the token behind a value. */
static inline uint32_t
hg_tape_behind(const struct hg_tape *tape, uint32_t i) {
    const struct hg_token *token = &tape->token[i];
    return token->kind == HG_TOKEN_MAP || token->kind == HG_TOKEN_LIST ? token->size : i + 1;
}

/*
 * The value of a field in the map with token number `map` (0 is the line itself), or NULL if there
 * is no such field.
 */
const struct hg_token *hg_tape_field(const struct hg_tape *tape, uint32_t map, const char *name);

/*
 * Writes a text without its escapes to `to`, as UTF-8. Returns its size, at most `size`. The text
 * must be that of a token: it is known to be well-formed.
 */
size_t hg_unescape(char *to, const char *text, size_t size);

#endif
