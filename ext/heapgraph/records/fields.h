/*
 * Takes in the fields of one line: edges go to the recorder at once, flags go to the node. Of other
 * fields it is noted where they are, and record.c makes a record of them.
 */
#ifndef HEAPGRAPH_FIELDS_H
#define HEAPGRAPH_FIELDS_H

#include "base/bytes.h"
#include "reading/tape.h"
#include "records/recorder.h"
#include "records/words.h"

/* In ObjectSpace.dump_all: a reference that a field has named, and that `references` repeats. */
struct hg_named_reference {
    uint64_t address;
    uint32_t name;
};

#define HG_NAMED_MOST 4

/* One line while its fields are being taken in. */
struct hg_fields {
    struct hg_recorder *recorder;
    const struct hg_tape *tape;
    uint32_t first; // the first field not read yet: address and type mostly come first
    enum hg_word type;
    enum hg_word kind; // struct or imemo_type
    struct hg_node_record node;
    uint64_t class, memsize, generation, shape;
    uint32_t name, kind_text, file, place_line; // numbers of tokens, 0 if there is none
    const struct hg_token *class_name;
    bool has_shape, has_generation;

    int named_count;
    struct hg_named_reference *named; // room for HG_NAMED_MOST
};

/* Takes in all fields from `first` on. Without memory it sets the recorder's `failed`. */
void hg_take_fields(struct hg_fields *line);

/* A text of a line. HG_PAD bytes that may be read follow it. */
struct hg_text {
    const char *bytes;
    size_t size;
};

/*
 * The text of a token without its escapes. If it has any, the text is in the recorder's scratch
 * memory.
 */
struct hg_text hg_token_text(struct hg_recorder *recorder, const struct hg_token *token);

/*
 * Returns the number of a text; HG_NO_STRING if that fails, and then the recorder's `failed` is
 * set.
 */
uint32_t hg_intern_text(struct hg_recorder *recorder, struct hg_text text);
uint32_t hg_intern_token(struct hg_recorder *recorder, const struct hg_token *token);

static inline bool
hg_token_is_text(const struct hg_token *token) {
    return token->kind == HG_TOKEN_STRING;
}

static inline enum hg_word
hg_token_word(const struct hg_token *token) {
    return token->escaped || !token->text ? HG_W_UNKNOWN : hg_word(token->text, token->size);
}

/* Whether a value is a reference; if it is, *address is where it leads. */
static inline bool
hg_token_refers(const struct hg_token *token, uint64_t *address) {
    return hg_token_is_text(token) && hg_read_address(token->text, token->size, address);
}

/* Reads a number; if the token is none, *number stays as it is. */
static inline void
hg_token_number(const struct hg_token *token, uint64_t *number) {
    if (token->kind == HG_TOKEN_NUMBER) hg_read_natural(token->text, token->size, number);
}

#endif
