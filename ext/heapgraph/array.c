/* Place in the flow: below everything. See array.h. */
#include "array.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "chunk.h"

enum {
    ALIGNMENT = 64,
    PAGE = 4096,
    MAPPED_FROM = 1 << 20, /* bytes: smaller arrays come from malloc */
};

/* Stands in the 64 bytes before every array. */
struct header {
    void *mapping; /* NULL: of malloc */
    size_t length;
    bool huge;
};

static size_t
round_up(size_t bytes, size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

static void *
map(size_t bytes, bool huge) {
    if (!huge) return hg_chunks_sparse(round_up(bytes, PAGE));

    size_t used;
    void *memory = hg_chunks(bytes, &used);
    return memory ? memset(memory, 0, used) : NULL;
}

static void *
allocate(size_t count, size_t size, bool huge) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) return NULL;
    bytes += ALIGNMENT;

    struct header header = {NULL, bytes, huge && bytes >= HG_CHUNK};
    char *memory;
    if (bytes < MAPPED_FROM) {
        void *block;
        if (posix_memalign(&block, ALIGNMENT, bytes)) return NULL;
        memory = memset(block, 0, bytes);
    }
    else {
        header.length = round_up(bytes, header.huge ? HG_CHUNK : PAGE);
        memory = header.mapping = map(bytes, header.huge);
        if (!memory) return NULL;
    }
    memcpy(memory, &header, sizeof(header));
    return memory + ALIGNMENT;
}

void *
hg_array(size_t count, size_t size) {
    return allocate(count, size, true);
}

void *
hg_array_sparse(size_t count, size_t size) {
    return allocate(count, size, false);
}

void
hg_array_trim(void *array, size_t count, size_t size) {
    struct header *header = (struct header *)(void *)((char *)array - ALIGNMENT);
    size_t length = round_up(count * size + ALIGNMENT, header->huge ? HG_CHUNK : PAGE);
    if (!header->mapping || length >= header->length) return;

    munmap((char *)header->mapping + length, header->length - length); // most has not been touched
    header->length = length;
}

void
hg_array_free(void *array) {
    if (!array) return;

    struct header *header = (struct header *)(void *)((char *)array - ALIGNMENT);
    if (!header->mapping) {
        free(header);
        return;
    }
    void *mapping = header->mapping;
    if (header->huge) hg_chunks_keep(mapping, header->length / HG_CHUNK);
    else munmap(mapping, header->length);
}

void
hg_numbers_grow(struct hg_numbers *list) {
    size_t room = list->room ? 2 * list->room : 64;
    uint32_t *items = realloc(list->items, room * sizeof(*items));
    if (!items) {
        list->failed = 1;
        return;
    }
    list->items = items;
    list->room = room;
}

void
hg_numbers_free(struct hg_numbers *list) {
    free(list->items);
    *list = (struct hg_numbers){0};
}
