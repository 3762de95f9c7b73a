/*
 * Whether two tapes say the same, though texts of one may still have their escapes.
 */
#ifndef TEST_SAME_TAPE_H
#define TEST_SAME_TAPE_H

#include "base/bytes.h"
#include "reading/scan.h"

#include <stdlib.h>

static inline bool
same_text(const struct hg_token *scanned, const struct hg_token *parsed) {
    if (!scanned->escaped)
        return scanned->size == parsed->size &&
               memcmp(scanned->text, parsed->text, parsed->size) == 0;
    char *text = malloc(scanned->size + 1);
    size_t size = hg_unescape(text, scanned->text, scanned->size);
    bool same = size == parsed->size && memcmp(text, parsed->text, size) == 0;
    free(text);
    return same;
}

static inline bool
same_tape(const struct hg_tape *scanned, const struct hg_tape *parsed) {
    if (scanned->count != parsed->count) return false;
    for (uint32_t i = 0; i < parsed->count; i++) {
        const struct hg_token *a = &scanned->token[i], *b = &parsed->token[i];
        bool is_text = b->kind >= HG_TOKEN_KEY && b->kind <= HG_TOKEN_NUMBER;
        if (a->kind != b->kind) return false;
        if (is_text ? !same_text(a, b) : a->size != b->size) return false;
    }
    return true;
}

#endif
