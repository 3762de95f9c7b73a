/* Place in the flow: below everything. See array.h. */
#include "base/array.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/chunk.h"

enum {
    ALIGNMENT = 64,
    PAGE = 4096,
    MAPPED_FROM = 1 << 20, /* bytes: smaller arrays come from malloc */
};

/* Lies in the 64 bytes before each array. */
struct header {
    void *mapping; /* NULL if the array comes from malloc */
    size_t length;
    bool huge; /* the array is made of chunks */
};

static size_t
round_up(size_t bytes, size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

/*
 * Gets memory for an array of `bytes` bytes. Its first *used bytes hold anything, the rest is
 * zeroed.
 */
static char *
reserve(struct header *header, size_t bytes, bool huge, size_t *used) {
    *used = 0;
    header->huge = huge && bytes >= HG_CHUNK;
    header->length = round_up(bytes, header->huge ? HG_CHUNK : PAGE);
    if (bytes < MAPPED_FROM) {
        void *block;
        *used = bytes;
        return posix_memalign(&block, ALIGNMENT, bytes) ? NULL : block;
    }
    header->mapping = header->huge ? hg_chunks(bytes, used) : hg_chunks_sparse(header->length);
    return header->mapping;
}

static void *
allocate(size_t count, size_t size, bool huge, bool zeroed) {
    size_t bytes, used;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) return NULL;

    struct header header = {0};
    char *memory = reserve(&header, bytes + ALIGNMENT, huge, &used);
    if (!memory) return NULL;
    if (zeroed) memset(memory, 0, huge ? bytes + ALIGNMENT : used);
    memcpy(memory, &header, sizeof(header));
    return memory + ALIGNMENT;
}

void *
hg_array(size_t count, size_t size) {
    return allocate(count, size, true, true);
}

void *
hg_array_raw(size_t count, size_t size) {
    return allocate(count, size, true, false);
}

void *
hg_array_sparse(size_t count, size_t size) {
    return allocate(count, size, false, true);
}

void
hg_array_trim(void *array, size_t count, size_t size) {
    struct header *header = (struct header *)(void *)((char *)array - ALIGNMENT);
    size_t length = round_up(count * size + ALIGNMENT, header->huge ? HG_CHUNK : PAGE);
    if (!header->mapping || length >= header->length) return;

    munmap((char *)header->mapping + length, header->length - length); // mostly never touched
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

void *
hg_zeroed(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    void *memory = malloc(bytes ? bytes : 1);
    return memory ? memset(memory, 0, bytes) : NULL;
}

bool
hg_grow_now(void *array, size_t *room, size_t first, size_t size) {
    size_t more = *room ? 2 * *room : first, bytes;
    if (__builtin_mul_overflow(more, size, &bytes)) return false;

    void *items;
    memcpy(&items, array, sizeof(items)); // a pointer of any type
    items = realloc(items, bytes);
    if (!items) return false;
    memcpy(array, &items, sizeof(items));
    *room = more;
    return true;
}

void
hg_numbers_free(struct hg_numbers *list) {
    free(list->items);
    *list = (struct hg_numbers){0};
}
