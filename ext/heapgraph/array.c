/* Place in the flow: below everything. See array.h. */
#include "array.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ALIGNMENT = 64,
    MAPPED_FROM = 1 << 20, /* bytes: smaller arrays come from malloc */
    HUGE_PAGE = 2 << 20,
};

/* Stands in the 64 bytes before every array. */
struct header {
    void *mapping; /* NULL: of malloc */
    size_t length;
};

static void *
map(size_t bytes, int huge) {
    size_t length = bytes + (huge ? HUGE_PAGE : 0);
    char *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return NULL;
    if (!huge) return at;

    /* Only whole huge pages are: begin at one, give back what is before and behind. */
    size_t before = -(uintptr_t)at % HUGE_PAGE;
    if (before) munmap(at, before);
    if (before < HUGE_PAGE) munmap(at + before + bytes, HUGE_PAGE - before);
    (void)madvise(at + before, bytes, MADV_HUGEPAGE);
    return at + before;
}

static size_t
page_size(size_t bytes) {
    const size_t page = 4096;
    return (bytes + page - 1) / page * page;
}

static void *
allocate(size_t count, size_t size, int huge) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) return NULL;
    bytes += ALIGNMENT;

    struct header header = {NULL, bytes};
    char *memory;
    if (bytes < MAPPED_FROM) {
        void *block;
        if (posix_memalign(&block, ALIGNMENT, bytes)) return NULL;
        memory = memset(block, 0, bytes);
    }
    else {
        header.length = page_size(bytes);
        memory = header.mapping = map(header.length, huge && bytes >= HUGE_PAGE);
        if (!memory) return NULL;
    }
    memcpy(memory, &header, sizeof(header));
    return memory + ALIGNMENT;
}

void *
hg_array(size_t count, size_t size) {
    return allocate(count, size, 1);
}

void *
hg_array_sparse(size_t count, size_t size) {
    return allocate(count, size, 0);
}

void
hg_array_trim(void *array, size_t count, size_t size) {
    struct header *header = (struct header *)(void *)((char *)array - ALIGNMENT);
    size_t length = page_size(count * size + ALIGNMENT);
    if (!header->mapping || length >= header->length) return;

    munmap((char *)header->mapping + length, header->length - length);
    header->length = length;
}

void
hg_array_free(void *array) {
    if (!array) return;

    struct header *header = (struct header *)(void *)((char *)array - ALIGNMENT);
    if (header->mapping) munmap(header->mapping, header->length);
    else free(header);
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
