/*
 * Libraries by their mappings; see libraries.h.
 */
#include "base/libraries.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/maps.h"

static void
add_library(struct hd_libraries *libraries, const struct hd_mapping *mapping) {
    struct hd_library *list = hd_list_room(libraries->list, libraries->size, &libraries->capacity,
                                           sizeof *list);
    if (!list) return;
    libraries->list = list;
    char *path = strdup(mapping->path);
    if (!path) return;
    list[libraries->size++] = (struct hd_library){mapping->start, mapping->end, path, {0}, false};
}

/* A library has several mappings, one behind the other, and its .bss as anonymous memory. */
static void
take_mapping(const struct hd_mapping *mapping, void *data) {
    struct hd_libraries *libraries = data;
    struct hd_library *last = libraries->size ? &libraries->list[libraries->size - 1] : NULL;
    bool follows = last && last->to == mapping->start;
    if (mapping->path[0] == '/') {
        if (follows && strcmp(last->path, mapping->path) == 0) last->to = mapping->end;
        else add_library(libraries, mapping);
    }
    else if (follows && !mapping->path[0]) {
        uintptr_t end = hd_elf_end_of_variables(libraries->memory, last->from, mapping->start);
        if (end != 0 && end <= mapping->end) last->to = end;
    }
}

void
hd_libraries_read(struct hd_libraries *libraries) {
    *libraries = (struct hd_libraries){.memory = hd_memory_open()};
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    hd_maps_each(file, take_mapping, libraries);
    close(file);
}

void
hd_libraries_free(struct hd_libraries *libraries) {
    for (size_t i = 0; i < libraries->size; i++) {
        free(libraries->list[i].path);
        hd_symbols_free(&libraries->list[i].symbols);
    }
    free(libraries->list);
    if (libraries->memory >= 0) close(libraries->memory);
    *libraries = (struct hd_libraries){.memory = -1};
}

static void
tell(const struct hd_libraries *libraries, struct hd_library *library, uintptr_t variable,
     char *text, size_t size) {
    char symbol[128];
    const char *name = strrchr(library->path, '/') + 1;
    if (!library->has_symbols)
        hd_elf_symbols(&library->symbols, libraries->memory, library->from, library->to);
    library->has_symbols = true;
    hd_symbols_name(&library->symbols, libraries->memory, variable, symbol, sizeof symbol);
    if (symbol[0]) snprintf(text, size, "%s %s", name, symbol);
    else snprintf(text, size, "%s+0x%lx", name, (unsigned long)(variable - library->from));
}

void
hd_libraries_tell(struct hd_libraries *libraries, const void *variable, char *text, size_t size) {
    uintptr_t at = (uintptr_t)variable;
    for (size_t i = 0; i < libraries->size; i++) {
        struct hd_library *library = &libraries->list[i];
        if (at < library->from || at >= library->to) continue;
        tell(libraries, library, at, text, size);
        return;
    }
    snprintf(text, size, "?");
}
