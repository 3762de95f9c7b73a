/*
 * One line of a dump as a flat list of tokens, in the order of the text. What is in a container
 * follows it; where it ends stands in the container's token.
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
    const char *text; /* KEY STRING: without quotes; NUMBER: as it is */
    uint32_t size;    /* of the text; MAP LIST: the token behind the container's last one */
    uint8_t kind;
    bool escaped; /* the text still has its backslashes: see hg_unescape */
};

/* Deeper lines are not read: ours have 5 levels. */
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

/* False without memory. */
static inline bool
hg_tape_add(struct hg_tape *tape, enum hg_token_kind kind, const char *text, size_t size,
            bool escaped) {
    if (tape->count == tape->room && !hg_tape_grow(tape)) return false;
    tape->token[tape->count++] = (struct hg_token){text, (uint32_t)size, (uint8_t)kind, escaped};
    return true;
}

/* False without memory or if it is too deep. */
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

/* The token behind a value. */
static inline uint32_t
hg_tape_behind(const struct hg_tape *tape, uint32_t i) {
    const struct hg_token *token = &tape->token[i];
    return token->kind == HG_TOKEN_MAP || token->kind == HG_TOKEN_LIST ? token->size : i + 1;
}

/* The value of a field of the line (or of the map at `map`), NULL if it has none. */
const struct hg_token *hg_tape_field(const struct hg_tape *tape, uint32_t map, const char *name);

/*
 * The text without backslashes, as UTF-8: at most `size` bytes, written to `to`. Returns how many.
 * The text is that of a token, so known to be well-formed.
 */
size_t hg_unescape(char *to, const char *text, size_t size);

#endif
