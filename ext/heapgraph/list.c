/*
 * Lists in pieces from mmap; see list.h.
 */
#include "list.h"

#include <stdlib.h>
#include <sys/mman.h>

bool
hg_list_grow(struct hg_list *list) {
    if (list->pieces == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        char **piece = realloc(list->piece, room * sizeof *piece);
        if (!piece) return false;
        list->piece = piece;
        list->room = room;
    }
    void *memory = mmap(NULL, HG_PIECE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);
    if (memory == MAP_FAILED) return false;
    list->piece[list->pieces++] = memory;
    list->used = 0;
    return true;
}

void
hg_list_drop(struct hg_list *list, size_t piece) {
    if (piece >= list->pieces || !list->piece[piece]) return;
    munmap(list->piece[piece], HG_PIECE_SIZE);
    list->piece[piece] = NULL;
}

void
hg_list_free(struct hg_list *list) {
    for (size_t i = 0; i < list->pieces; i++) hg_list_drop(list, i);
    free(list->piece);
    *list = (struct hg_list){0};
}
