/*
 * Lists that grow without moving and can be consumed from the front: what is built from a list can
 * then take over the memory of the list.
 */
#ifndef HEAPGRAPH_LIST_H
#define HEAPGRAPH_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/chunk.h"

/* A list of things of one size, in pieces of one chunk. A zeroed list is empty. */
struct hg_list {
    char **piece;
    size_t pieces, room; /* how many there are, and for how many `piece` has room */
    size_t used;         /* bytes in the last piece */
    bool frugal;         /* pieces go back to the kernel instead of being kept as chunks */
};

/*
 * Returns room for one more thing of `size` bytes, the same size for all things of a list. NULL if
 * there is no memory.
 */
static inline void *hg_list_add(struct hg_list *list, size_t size);

/*
 * Reads a list from its first thing on. With `consume`, each piece is given back once it has been
 * read.
 */
struct hg_list_reader {
    struct hg_list *list;
    size_t piece, used;
    bool consume;
};

/* Returns the next thing, or NULL at the end. */
static inline void *hg_list_next(struct hg_list_reader *reader, size_t size);

/* Whether nothing has been added since the list was new, or was emptied. */
static inline bool
hg_list_is_empty(const struct hg_list *list) {
    return list->pieces == 0 || (list->pieces == 1 && list->used == 0);
}

/* Empties a list, also one that was consumed. A short one keeps its memory for what comes next. */
void hg_list_empty(struct hg_list *list);

void hg_list_free(struct hg_list *list);

/* -- inline -- */

bool hg_list_grow(struct hg_list *list);
void hg_list_drop(struct hg_list *list, size_t piece);

static inline void *
hg_list_add(struct hg_list *list, size_t size) {
    if (list->pieces == 0 || list->used + size > HG_CHUNK) {
        if (!hg_list_grow(list)) return NULL;
    }
    void *thing = list->piece[list->pieces - 1] + list->used;
    list->used += size;
    return thing;
}

static inline void *
hg_list_next(struct hg_list_reader *reader, size_t size) {
    struct hg_list *list = reader->list;
    if (reader->used + size > HG_CHUNK) {
        if (reader->consume) hg_list_drop(list, reader->piece);
        reader->piece++;
        reader->used = 0;
    }
    if (reader->piece >= list->pieces) return NULL;
    if (reader->piece == list->pieces - 1 && reader->used >= list->used) return NULL;
    void *thing = list->piece[reader->piece] + reader->used;
    reader->used += size;
    return thing;
}

#endif
