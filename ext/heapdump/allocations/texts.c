/*
 * Texts with numbers; see texts.h.
 */
#include "allocations/texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"

enum { FEWEST_SLOTS = 64, FIRST_BYTES = 4096 };

/* FNV-1a, and then hd_hash, whose high bits are good. */
static uint32_t
hash_of(const char *text, size_t size) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    }
    return (uint32_t)(hd_hash(hash) >> 32);
}

static uint32_t *
slot_of(const struct hd_texts *texts, const char *text, size_t size, uint32_t hash) {
    size_t mask = texts->slots_size - 1, i = hash & mask;
    for (; texts->slots[i]; i = (i + 1) & mask) {
        const struct hd_text_entry *there = &texts->list[texts->slots[i] - 1];
        if (there->hash == hash && there->size == size &&
            memcmp(texts->bytes + there->start, text, size) == 0) {
            break;
        }
    }
    return &texts->slots[i];
}

static bool
room_for_slot(struct hd_texts *texts) {
    if (texts->size * 2 < texts->slots_size) return true;
    size_t wanted = texts->slots_size ? texts->slots_size * 2 : FEWEST_SLOTS;
    uint32_t *slots = calloc(wanted, sizeof *slots);
    if (!slots) return false;
    for (size_t number = 0; number < texts->size; number++) {
        size_t i = texts->list[number].hash & (wanted - 1);
        while (slots[i]) i = (i + 1) & (wanted - 1);
        slots[i] = (uint32_t)number + 1;
    }
    free(texts->slots);
    texts->slots = slots;
    texts->slots_size = wanted;
    return true;
}

static bool
room_for_bytes(struct hd_texts *texts, size_t size) {
    size_t wanted = texts->bytes_capacity ? texts->bytes_capacity : FIRST_BYTES;
    while (wanted - texts->bytes_size < size) wanted *= 2;
    if (wanted == texts->bytes_capacity) return true;
    char *bytes = realloc(texts->bytes, wanted);
    if (!bytes) return false;
    texts->bytes = bytes;
    texts->bytes_capacity = wanted;
    return true;
}

uint32_t
hd_texts_number(struct hd_texts *texts, const char *text, size_t size) {
    uint32_t hash = hash_of(text, size);
    if (size > UINT32_MAX || texts->size >= HD_NO_NUMBER - 1) return HD_NO_NUMBER;
    if (!room_for_slot(texts)) return HD_NO_NUMBER;
    uint32_t *slot = slot_of(texts, text, size, hash);
    if (*slot) return *slot - 1;
    struct hd_text_entry *list = hd_list_room(texts->list, texts->size, &texts->capacity,
                                              sizeof *texts->list);
    if (!list) return HD_NO_NUMBER;
    texts->list = list;
    if (!room_for_bytes(texts, size)) return HD_NO_NUMBER;
    if (size > 0) memcpy(texts->bytes + texts->bytes_size, text, size);
    list[texts->size] = (struct hd_text_entry){texts->bytes_size, (uint32_t)size, hash};
    texts->bytes_size += size;
    *slot = (uint32_t)++texts->size;
    return *slot - 1;
}

size_t
hd_texts_memory(const struct hd_texts *texts) {
    return texts->bytes_capacity + texts->capacity * sizeof *texts->list +
           texts->slots_size * sizeof *texts->slots;
}

void
hd_texts_free(struct hd_texts *texts) {
    free(texts->bytes);
    free(texts->list);
    free(texts->slots);
    *texts = (struct hd_texts){0};
}
