/*
 * Texts with numbers: equal texts have the same one. Numbers begin with 0 and have no gaps. No
 * ruby.h.
 */
#ifndef HEAPDUMP_TEXTS_H
#define HEAPDUMP_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hd_text_entry {
    size_t start; /* in `bytes` */
    uint32_t size, hash;
};

/* A zeroed one is empty. */
struct hd_texts {
    char *bytes; /* owned, the texts one after another */
    size_t bytes_size, bytes_capacity;
    struct hd_text_entry *list; /* owned, by number */
    size_t size, capacity;
    uint32_t *slots;   /* owned: number + 1, 0 for an empty slot; found by hash */
    size_t slots_size; /* a power of two, or 0 */
};

enum { HD_NO_NUMBER = UINT32_MAX };

/* The number of the text, which is copied if it is new. HD_NO_NUMBER if there is no memory. */
uint32_t hd_texts_number(struct hd_texts *texts, const char *text, size_t size);

/* Where the text of a number is; not terminated. Valid until the next hd_texts_number. */
static inline const char *
hd_texts_at(const struct hd_texts *texts, uint32_t number) {
    return texts->bytes + texts->list[number].start;
}

size_t hd_texts_memory(const struct hd_texts *texts);
void hd_texts_free(struct hd_texts *texts);

#endif
