/* Place in the flow: see clean.h. */
#include "table/clean.h"

#include "records/strings.h"

#include <stdlib.h>

enum { SPELLED = 4 }; /* bytes of \xNN */

/* How many bytes the character that begins a text has; 0 if it is none, or NUL. */
static size_t
character(const unsigned char *text, size_t size) {
    unsigned c = text[0];
    if (c < 0x80) return c != 0;
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || n > size) return 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    bool overlong = (c == 0xe0 && text[1] < 0xa0) || (c == 0xf0 && text[1] < 0x90);
    bool surrogate = c == 0xed && text[1] > 0x9f, beyond = c == 0xf4 && text[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : n;
}

size_t
hg_clean_size(const char *text, size_t size) {
    size_t clean = 0;
    for (size_t i = 0, n; i < size; i += n ? n : 1) {
        n = character((const unsigned char *)text + i, size - i);
        clean += n ? n : SPELLED;
    }
    return clean;
}

size_t
hg_clean(char *to, const char *text, size_t size) {
    static const char digits[] = "0123456789ABCDEF";
    char *begin = to;
    for (size_t i = 0, n; i < size; i += n ? n : 1) {
        const unsigned char *at = (const unsigned char *)text + i;
        n = character(at, size - i);
        for (size_t k = 0; k < n; k++) *to++ = (char)at[k];
        if (n) continue;
        *to++ = '\\';
        *to++ = 'x';
        *to++ = digits[*at >> 4];
        *to++ = digits[*at & 15];
    }
    return (size_t)(to - begin);
}

enum hg_status
hg_clean_texts(const struct hg_graph *graph, struct hg_clean_texts *texts) {
    uint32_t count = graph->strings->count;
    size_t spelled = 0;
    *texts = (struct hg_clean_texts){.count = count};
    texts->text = malloc(((size_t)count + 1) * sizeof(*texts->text));
    if (!texts->text) return HG_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        struct hg_text *text = &texts->text[i];
        text->bytes = hg_string(graph, i, &text->size);
        size_t clean = hg_clean_size(text->bytes, text->size);
        if (clean == text->size) continue;
        text->bytes = NULL;
        text->size = clean;
        spelled += clean;
    }
    char *to = texts->spelled = malloc(spelled + 1);
    if (!to) {
        hg_clean_texts_free(texts);
        return HG_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (texts->text[i].bytes) continue;
        size_t size;
        const char *text = hg_string(graph, i, &size);
        texts->text[i].bytes = to;
        to += hg_clean(to, text, size);
    }
    return HG_OK;
}

void
hg_clean_texts_free(struct hg_clean_texts *texts) {
    free(texts->text);
    free(texts->spelled);
    *texts = (struct hg_clean_texts){0};
}
