/*
 * What the fields of one line say: edges go to the recorder at once, flags to the node; of the rest
 * it is noted where it stands. record.c makes a record of that.
 */
#ifndef HEAPGRAPH_FIELDS_H
#define HEAPGRAPH_FIELDS_H

#include "base/bytes.h"
#include "reading/tape.h"
#include "records/recorder.h"
#include "records/words.h"

/* ObjectSpace.dump_all: a reference that has a name, and stands in `references` again. */
struct hg_named_reference {
    uint64_t address;
    uint32_t name;
};

#define HG_NAMED_MOST 4

/* One line while it is taken in. */
struct hg_fields {
    struct hg_recorder *recorder;
    const struct hg_tape *tape;
    uint32_t first; // field of those that have not been read: address and type mostly come first
    enum hg_word type;
    enum hg_word kind; // struct or imemo_type
    struct hg_node_record node;
    uint64_t class, memsize, generation, shape;
    uint32_t name, class_name, kind_text, file, place_line; // tokens, 0 if absent
    bool has_shape, has_generation;

    int named_count;
    struct hg_named_reference *named; // HG_NAMED_MOST
};

/* Takes in all fields from `first` on. Out of memory: the recorder has `failed`. */
void hg_take_fields(struct hg_fields *line);

/* A text of a line, followed by HG_PAD readable bytes. */
struct hg_text {
    const char *bytes;
    size_t size;
};

/* The text of a token, without escapes; in scratch memory if it had any. */
struct hg_text hg_token_text(struct hg_recorder *recorder, const struct hg_token *token);

/* The number of a text. */
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

/* Whether a value is a reference, and to which address. */
static inline bool
hg_token_refers(const struct hg_token *token, uint64_t *address) {
    return hg_token_is_text(token) && hg_read_address(token->text, token->size, address);
}

/* Leaves what is no number. */
static inline void
hg_token_number(const struct hg_token *token, uint64_t *number) {
    if (token->kind == HG_TOKEN_NUMBER) hg_read_natural(token->text, token->size, number);
}

#endif
