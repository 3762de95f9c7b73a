/*
 * ELF headers in memory; see elf.h.
 */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE 1
#endif
#include "base/elf.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#    include <elf.h>
#    include <link.h>
#endif

#include "base/list.h"

int
hd_memory_open(void) {
    return open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
}

void
hd_symbols_free(struct hd_symbols *symbols) {
    free(symbols->list);
    memset(symbols, 0, sizeof *symbols);
}

/* Reads up to the first byte that cannot be read: the name may be the last of its page. */
void
hd_symbols_name(const struct hd_symbols *symbols, int memory, uintptr_t variable, char *name,
                size_t size) {
    const struct hd_symbol *found = NULL;
    for (size_t i = 0; i < symbols->size && !found; i++) {
        if (symbols->list[i].variable == variable) found = &symbols->list[i];
    }
    ssize_t n = found ? pread(memory, name, size - 1, (off_t)found->name) : 0;
    name[n > 0 ? n : 0] = '\0';
}

#ifdef __linux__
/* A library, and its program headers. */
struct image {
    int memory;
    uintptr_t start;
    uintptr_t bias; /* what the loader has added to the addresses of the file */
    int size;
    ElfW(Phdr) parts[64];
};

static bool
read_memory(int memory, uintptr_t from, void *to, size_t size) {
    return pread(memory, to, size, (off_t)from) == (ssize_t)size;
}

static bool
read_image(struct image *image, int memory, uintptr_t start) {
    ElfW(Ehdr) header;
    if (!read_memory(memory, start, &header, sizeof header)) return false;
    size_t size = header.e_phnum * sizeof *image->parts;
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || size > sizeof image->parts ||
        header.e_phentsize != sizeof *image->parts ||
        !read_memory(memory, start + header.e_phoff, image->parts, size))
        return false;
    image->memory = memory;
    image->start = start;
    image->size = header.e_phnum;
    for (int i = 0; i < image->size; i++) {
        if (image->parts[i].p_type != PT_LOAD) continue;
        image->bias = start - image->parts[i].p_vaddr; // the first part begins with the headers
        return true;
    }
    return false;
}

uintptr_t
hd_elf_end_of_variables(int memory, uintptr_t start, uintptr_t at) {
    struct image image;
    if (!read_image(&image, memory, start)) return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < image.size; i++) {
        const ElfW(Phdr) *part = &image.parts[i];
        uintptr_t from = image.bias + part->p_vaddr;
        uintptr_t end = (from + part->p_memsz + page - 1) / page * page;
        if (part->p_type == PT_LOAD && from + part->p_filesz <= at && at < end) return end;
    }
    return 0;
}

/* Where the tables of a library are; 0 for one that it does not have. */
struct tables {
    uintptr_t symbols, names;
};

static struct tables
find_tables(const struct image *image, uintptr_t end) {
    struct tables tables = {0, 0};
    uintptr_t at = end;
    ElfW(Dyn) entry;
    for (int i = 0; i < image->size; i++) {
        if (image->parts[i].p_type == PT_DYNAMIC) at = image->bias + image->parts[i].p_vaddr;
    }
    for (; at >= image->start && at < end; at += sizeof entry) {
        if (!read_memory(image->memory, at, &entry, sizeof entry)) break;
        if (entry.d_tag == DT_NULL) break;
        uintptr_t address = entry.d_un.d_ptr; // glibc has added the bias to it, others have not
        if (address < image->start) address += image->bias;
        if (address < image->start || address >= end) continue;
        if (entry.d_tag == DT_SYMTAB) tables.symbols = address;
        if (entry.d_tag == DT_STRTAB) tables.names = address;
    }
    return tables;
}

static bool
add_symbol(struct hd_symbols *symbols, uintptr_t variable, uintptr_t name) {
    struct hd_symbol *list = hd_list_room(symbols->list, symbols->size, &symbols->capacity,
                                          sizeof *list);
    if (!list) return false;
    symbols->list = list;
    list[symbols->size++] = (struct hd_symbol){variable, name};
    return true;
}

/* Nothing says how long the table of symbols is, but linkers put that of the names behind it. */
void
hd_elf_symbols(struct hd_symbols *symbols, int memory, uintptr_t start, uintptr_t end) {
    enum { AT_ONCE = 128 };
    struct image image;
    ElfW(Sym) read[AT_ONCE];
    if (!read_image(&image, memory, start)) return;
    struct tables tables = find_tables(&image, end);
    if (tables.symbols == 0) return;
    for (uintptr_t at = tables.symbols; at < tables.names; at += sizeof read) {
        size_t left = (tables.names - at) / sizeof *read, n = left < AT_ONCE ? left : AT_ONCE;
        if (!read_memory(memory, at, read, n * sizeof *read)) return;
        for (size_t i = 0; i < n; i++) {
            if (read[i].st_shndx == SHN_UNDEF || read[i].st_value == 0) continue;
            if ((read[i].st_info & 0xf) != STT_OBJECT) continue;
            if (!add_symbol(symbols, image.bias + read[i].st_value, tables.names + read[i].st_name))
                return;
        }
    }
}
#else
uintptr_t
hd_elf_end_of_variables(int memory, uintptr_t start, uintptr_t at) {
    (void)memory, (void)start, (void)at;
    return 0;
}

void
hd_elf_symbols(struct hd_symbols *symbols, int memory, uintptr_t start, uintptr_t end) {
    (void)symbols, (void)memory, (void)start, (void)end;
}
#endif
