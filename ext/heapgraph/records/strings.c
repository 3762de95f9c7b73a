/*
 * Interned texts; see strings.h.
 */
#include "records/strings.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/numbers.h"
#include "base/slots.h"

#include <pthread.h>
#include <stdlib.h>

enum { FIRST_ROOM = 1024, ARENA = 256 << 10 };

/* A text in the common table. It never moves. */
struct text {
    uint32_t number, hash;
    size_t size;
    char bytes[];
};

struct hg_seen_string {
    const struct text *text; // NULL if the entry is free
    uint32_t hash;
};

struct arena {
    struct arena *next;
    size_t used, size;
    char bytes[];
};

struct hg_string_table {
    pthread_mutex_t lock;
    struct text **text; // by number
    size_t room;
    uint32_t count;
    struct hg_slots slots;
    struct arena *arena;
};

static struct text *
new_text(struct hg_string_table *table, const char *bytes, size_t size, uint32_t hash) {
    size_t need = (sizeof(struct text) + size + 1 + 7) & ~(size_t)7;
    struct arena *arena = table->arena;
    if (!arena || arena->size - arena->used < need) {
        size_t room = need > ARENA ? need : ARENA;
        arena = malloc(sizeof *arena + room);
        if (!arena) return NULL;
        *arena = (struct arena){.next = table->arena, .size = room};
        table->arena = arena;
    }
    struct text *text = (struct text *)(arena->bytes + arena->used);
    arena->used += need;
    text->number = table->count;
    text->hash = hash;
    text->size = size;
    memcpy(text->bytes, bytes, size);
    text->bytes[size] = '\0';
    return text;
}

static uint64_t
hash_of(const void *texts, uint32_t number) {
    return ((struct text *const *)texts)[number]->hash;
}

static bool
grow(struct hg_string_table *table) {
    return hg_grow(&table->text, table->count, &table->room, FIRST_ROOM, sizeof *table->text) &&
           hg_slots_grow(&table->slots, table->count, 2 * FIRST_ROOM, hash_of, table->text);
}

/* Finds a text in the common table, or adds it there. Returns NULL if there is no memory. */
static const struct text *
common_text(struct hg_string_table *table, const char *bytes, size_t size, uint32_t hash) {
    if (!grow(table)) return NULL;
    struct hg_slots *slots = &table->slots;
    size_t at = hg_slots_first(slots, hash);
    for (; slots->slot[at]; at = hg_slots_next(slots, at)) {
        const struct text *text = table->text[slots->slot[at] - 1];
        if (text->hash == hash && text->size == size && memcmp(text->bytes, bytes, size) == 0)
            return text;
    }
    if (table->count == HG_NO_STRING - 1) return NULL;
    struct text *text = new_text(table, bytes, size, hash);
    if (!text) return NULL;
    table->text[table->count] = text;
    slots->slot[at] = ++table->count;
    return text;
}

static const char *const known[HG_S_KNOWN] = {
    [HG_S_EMPTY] = "",
    [HG_S_SUPERCLASS] = "superclass",
};

struct hg_string_table *
hg_string_table_new(void) {
    struct hg_string_table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    pthread_mutex_init(&table->lock, NULL);
    for (int i = 0; i < HG_S_KNOWN; i++) {
        char padded[HG_PAD * 2] = {0};
        size_t size = strlen(known[i]);
        memcpy(padded, known[i], size);
        if (!common_text(table, padded, size, (uint32_t)hg_hash(padded, size))) {
            hg_string_table_free(table);
            return NULL;
        }
    }
    return table;
}

void
hg_string_table_free(struct hg_string_table *table) {
    if (!table) return;
    while (table->arena) {
        struct arena *next = table->arena->next;
        free(table->arena);
        table->arena = next;
    }
    free(table->text);
    hg_slots_free(&table->slots);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

enum hg_status
hg_strings_pack(const struct hg_string_table *table, struct hg_strings *strings) {
    size_t size = 0;
    for (uint32_t i = 0; i < table->count; i++) size += table->text[i]->size + 1;
    uint64_t *offset = malloc(((size_t)table->count + 1) * sizeof *offset);
    char *bytes = malloc(size + HG_PAD);
    if (!offset || !bytes) {
        free(offset);
        free(bytes);
        return HG_NO_MEMORY;
    }
    size_t at = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        offset[i] = at;
        memcpy(bytes + at, table->text[i]->bytes, table->text[i]->size + 1);
        at += table->text[i]->size + 1;
    }
    offset[table->count] = at;
    memset(bytes + at, 0, HG_PAD);
    *strings = (struct hg_strings){.count = table->count, .offset = offset, .bytes = bytes};
    return HG_OK;
}

bool
hg_seen_strings_init(struct hg_seen_strings *seen, struct hg_string_table *table) {
    *seen = (struct hg_seen_strings){.table = table, .room = FIRST_ROOM};
    seen->seen = hg_zeroed(seen->room, sizeof *seen->seen);
    return seen->seen != NULL;
}

void
hg_seen_strings_free(struct hg_seen_strings *seen) {
    free(seen->seen);
    seen->seen = NULL;
}

static void
grow_seen(struct hg_seen_strings *seen) {
    size_t room = 2 * seen->room;
    struct hg_seen_string *grown = hg_zeroed(room, sizeof *grown);
    if (!grown) return;
    for (size_t i = 0; i < seen->room; i++) {
        if (!seen->seen[i].text) continue;
        size_t to = seen->seen[i].hash & (room - 1);
        while (grown[to].text) to = (to + 1) & (room - 1);
        grown[to] = seen->seen[i];
    }
    free(seen->seen);
    seen->seen = grown;
    seen->room = room;
}

uint32_t
hg_intern(struct hg_seen_strings *seen, const char *bytes, size_t size) {
    uint32_t hash = (uint32_t)hg_hash(bytes, size);
    size_t i = hash & (seen->room - 1);
    for (; seen->seen[i].text; i = (i + 1) & (seen->room - 1)) {
        const struct text *text = seen->seen[i].text;
        if (seen->seen[i].hash == hash && text->size == size &&
            memcmp(text->bytes, bytes, size) == 0)
            return text->number;
    }
    pthread_mutex_lock(&seen->table->lock);
    const struct text *text = common_text(seen->table, bytes, size, hash);
    pthread_mutex_unlock(&seen->table->lock);
    if (!text) return HG_NO_STRING;
    if (seen->count + 1 == seen->room) return text->number; // full: no memory to grow
    seen->seen[i] = (struct hg_seen_string){text, hash};
    if (2 * ++seen->count > seen->room) grow_seen(seen);
    return text->number;
}
