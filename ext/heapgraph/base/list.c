/*
 * Lists in pieces; see list.h.
 */
#include "base/list.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/array.h"

bool
hg_list_grow(struct hg_list *list) {
    if (!hg_grow(&list->piece, list->pieces, &list->room, 16, sizeof *list->piece)) return false;
    /* The first piece is on no huge page, which is touched as a whole: most lists stay short. */
    void *memory = list->pieces ? hg_chunk() : hg_chunks_sparse(HG_CHUNK);
    if (!memory) return false;
    list->piece[list->pieces++] = memory;
    list->used = 0;
    return true;
}

void
hg_list_drop(struct hg_list *list, size_t piece) {
    if (piece >= list->pieces || !list->piece[piece]) return;
    if (list->frugal) munmap(list->piece[piece], HG_CHUNK);
    else hg_chunks_keep(list->piece[piece], 1);
    list->piece[piece] = NULL;
}

void
hg_list_empty(struct hg_list *list) {
    if (list->pieces == 1 && list->piece[0]) list->used = 0;
    else hg_list_free(list);
}

void
hg_list_free(struct hg_list *list) {
    for (size_t i = 0; i < list->pieces; i++) hg_list_drop(list, i);
    free(list->piece);
    *list = (struct hg_list){0};
}
