/*
 * Libraries by their mappings, and tables of symbols in memory; see libraries.h.
 */
#include "base/libraries.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#    include <elf.h>
#    include <link.h>
#endif

#include "base/list.h"
#include "base/maps.h"

/* Memory behind a library is its .bss. */
static void
take_mapping(const struct hd_mapping *mapping, void *data) {
    struct hd_libraries *libraries = data;
    bool is_file = mapping->path[0] == '/';
    const char *name = is_file ? strrchr(mapping->path, '/') + 1 : "";
    struct hd_library *last = libraries->size ? &libraries->list[libraries->size - 1] : NULL;
    if (last && last->to == mapping->start &&
        (!is_file || strncmp(last->name, name, sizeof last->name - 1) == 0)) {
        if (is_file || !strchr(mapping->path, '[')) last->to = mapping->end;
        return;
    }
    if (!is_file) return;
    struct hd_library *list = hd_list_room(libraries->list, libraries->size, &libraries->capacity,
                                           sizeof *list);
    if (!list) return;
    libraries->list = list;
    list = &list[libraries->size++];
    *list = (struct hd_library){.from = mapping->start, .to = mapping->end};
    strncpy(list->name, name, sizeof list->name - 1);
}

void
hd_libraries_read(struct hd_libraries *libraries) {
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    hd_maps_each(file, take_mapping, libraries);
    close(file);
}

void
hd_libraries_free(struct hd_libraries *libraries) {
    free(libraries->list);
    memset(libraries, 0, sizeof *libraries);
}

#ifdef __linux__
/* An address in the dynamic section: glibc has added the place of the library, others have not. */
static const char *
located(const struct hd_library *library, uintptr_t bias, uintptr_t address) {
    if (address < library->from) address += bias;
    return address >= library->from && address < library->to ? (const char *)address : NULL;
}

static const char *
symbol_of(const struct hd_library *library, uintptr_t variable) {
    const ElfW(Ehdr) *header = (const void *)library->from;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return NULL;
    const ElfW(Phdr) *part = (const void *)(library->from + header->e_phoff);
    const ElfW(Dyn) *dynamic = NULL;
    uintptr_t bias = library->from;
    if ((const char *)(part + header->e_phnum) > (const char *)library->from + 4096) return NULL;
    for (int i = 0; i < header->e_phnum; i++) {
        if (part[i].p_type == PT_LOAD && part[i].p_offset == 0) bias -= part[i].p_vaddr;
    }
    for (int i = 0; i < header->e_phnum; i++) {
        if (part[i].p_type == PT_DYNAMIC)
            dynamic = (const void *)located(library, 0, bias + part[i].p_vaddr);
    }
    const char *symbols = NULL, *names = NULL;
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_SYMTAB) symbols = located(library, bias, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_STRTAB) names = located(library, bias, dynamic->d_un.d_ptr);
    }
    if (!symbols || !names || names < symbols) return NULL; // linkers put the names behind
    const ElfW(Sym) *symbol = (const void *)symbols;
    for (; (const char *)(symbol + 1) <= names; symbol++) {
        if (symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0 &&
            (symbol->st_info & 0xf) == STT_OBJECT && bias + symbol->st_value == variable)
            return names + symbol->st_name;
    }
    return NULL;
}
#else
static const char *
symbol_of(const struct hd_library *library, uintptr_t variable) {
    (void)library, (void)variable;
    return NULL;
}
#endif

void
hd_libraries_tell(const struct hd_libraries *libraries, const void *variable, char *text,
                  size_t size) {
    uintptr_t at = (uintptr_t)variable;
    for (size_t i = 0; i < libraries->size; i++) {
        const struct hd_library *library = &libraries->list[i];
        if (at < library->from || at >= library->to) continue;
        const char *symbol = symbol_of(library, at);
        if (symbol) snprintf(text, size, "%s %s", library->name, symbol);
        else snprintf(text, size, "%s+0x%lx", library->name, (unsigned long)(at - library->from));
        return;
    }
    snprintf(text, size, "?");
}
