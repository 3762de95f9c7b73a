/*
 * The mappings of a process; see mappings.h.
 */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE 1
#endif
#include "account/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/ranges.h"
#include "base/elf.h"
#include "base/list.h"
#include "base/maps.h"

/* A file with all its mappings. `path` is its place in the text of `walk`. */
struct file {
    uint64_t bytes;
    size_t path;
    uintptr_t start; /* of its first mapping */
};

struct walk {
    struct hd_mappings *out;
    const struct hd_slots_found *found;
    int pagemap, memory; /* of the process, and of this one */
    bool failed;
    bool same;          /* the process still runs the program that this one is a copy of */
    struct file *files; /* owned */
    size_t files_size, files_capacity;
    char *text; /* owned: the paths, each with its 0 */
    size_t text_size, text_capacity;
    struct file *last;  /* the file of the mapping before, NULL if that had none */
    uintptr_t last_end; /* where the mapping before ends */
};

/*
 * The bytes of a mapping of the process that are in its page tables. Each page has a word in
 * /proc/PID/pagemap, whose highest bit says so. (mincore would tell what the cache of files has.)
 */
static bool
mapped_pages(int pagemap, const struct hd_mapping *mapping, uint64_t *bytes) {
    enum { AT_ONCE = 1024 };
    uint64_t words[AT_ONCE], page = (uint64_t)sysconf(_SC_PAGESIZE);
    size_t pages = (mapping->end - mapping->start) / page;
    off_t from = (off_t)(mapping->start / page * sizeof *words);
    *bytes = 0;
    while (pages > 0) {
        size_t wanted = pages < AT_ONCE ? pages : AT_ONCE;
        ssize_t n = pread(pagemap, words, wanted * sizeof *words, from);
        if (n < 0 && errno == EINTR) continue;
        if (n < (ssize_t)sizeof *words) return false;
        size_t got = (size_t)n / sizeof *words;
        for (size_t i = 0; i < got; i++) *bytes += words[i] >> 63 ? page : 0;
        pages -= got;
        from += (off_t)(got * sizeof *words);
    }
    return true;
}

/* Adds a path to the text. Returns its place, SIZE_MAX without memory. */
static size_t
add_text(struct walk *walk, const char *path) {
    size_t n = strlen(path) + 1, place = walk->text_size;
    if (place + n > walk->text_capacity) {
        size_t capacity = 2 * (place + n);
        char *text = realloc(walk->text, capacity);
        if (!text) return SIZE_MAX;
        walk->text = text;
        walk->text_capacity = capacity;
    }
    memcpy(walk->text + place, path, n);
    walk->text_size += n;
    return place;
}

static struct file *
file_of(struct walk *walk, const char *path, uintptr_t start) {
    for (size_t i = walk->files_size; i-- > 0;) { // the last one is usually the same
        if (strcmp(walk->text + walk->files[i].path, path) == 0) return &walk->files[i];
    }
    struct file *files = hd_list_room(walk->files, walk->files_size, &walk->files_capacity,
                                      sizeof *files);
    if (!files) return NULL;
    walk->files = files;
    size_t place = add_text(walk, path);
    if (place == SIZE_MAX) return NULL;
    files[walk->files_size] = (struct file){0, place, start};
    return &files[walk->files_size++];
}

/* True for files that are only the names of memory which processes share. */
static bool
is_shared_memory(const char *path) {
    return strncmp(path, "/dev/zero", 9) == 0 || strncmp(path, "/SYSV", 5) == 0 ||
           strncmp(path, "/dev/shm/", 9) == 0 || strncmp(path, "/memfd:", 7) == 0;
}

static void
add_file(struct walk *walk, const struct hd_mapping *mapping) {
    uint64_t bytes;
    if (is_shared_memory(mapping->path)) return;
    walk->last = file_of(walk, mapping->path, mapping->start);
    if (!walk->last || !mapped_pages(walk->pagemap, mapping, &bytes)) {
        walk->failed = true;
        return;
    }
    walk->last->bytes += bytes;
    walk->out->code.bytes += bytes;
}

/* They follow the file as anonymous memory; what is before is on the last page of the file. */
static void
add_variables(struct walk *walk, struct file *file, const struct hd_mapping *mapping) {
    uintptr_t end = hd_elf_end_of_variables(walk->memory, file->start, mapping->start);
    uint64_t bytes;
    if (end == 0 || end > mapping->end || !hd_resident(mapping->start, end, &bytes)) return;
    file->bytes += bytes;
    walk->out->code.bytes += bytes;
}

/*
 * glibc takes the memory of an arena in pieces, each at a multiple of its largest size, and writes
 * at the start of each what it is. Full pieces beside each other are one mapping.
 */
enum { ARENA_PIECE = 64 << 20, PAGE = 4096 };

struct arena_piece {
    uintptr_t arena, former; /* former: the piece before of the same arena, 0 in its first */
    size_t size, writable;   /* writable: at least the size; the rest of the piece is reserved */
};

static bool
is_arena_piece(int memory, uintptr_t start) {
    struct arena_piece piece;
    if (pread(memory, &piece, sizeof piece, (off_t)start) != (ssize_t)sizeof piece) return false;
    bool first = piece.former == 0; // the arena itself lies just behind this
    return piece.arena % sizeof(void *) == 0 && piece.former != start &&
           (first ? piece.arena > start && piece.arena < start + PAGE : piece.arena >= PAGE) &&
           piece.former % ARENA_PIECE == 0 && piece.size % PAGE == 0 && piece.size >= PAGE &&
           piece.writable % PAGE == 0 && piece.size <= piece.writable &&
           piece.writable <= ARENA_PIECE;
}

static void
add_arenas(struct walk *walk, const struct hd_mapping *mapping) {
    uintptr_t start = (mapping->start + ARENA_PIECE - 1) / ARENA_PIECE * ARENA_PIECE;
    for (; start < mapping->end; start += ARENA_PIECE) {
        uintptr_t left = mapping->end - start;
        uintptr_t end = start + (left < ARENA_PIECE ? left : ARENA_PIECE);
        uint64_t bytes;
        if (!is_arena_piece(walk->memory, start)) continue;
        if (hd_resident(start, end, &bytes)) walk->out->arenas += bytes;
    }
}

/*
 * MRI reserves all of its transient heap at once. Other memory may have become part of the mapping.
 */
static void
add_transient(struct walk *walk, const struct hd_mapping *mapping) {
    enum { SIZE = 32 << 20 };
    uintptr_t first = walk->found->transient, last = walk->found->transient_end;
    uint64_t bytes;
    if (first < mapping->start || first >= mapping->end) return;
    uintptr_t start = last - mapping->start > SIZE ? last - SIZE : mapping->start;
    uintptr_t end = mapping->end - first > SIZE ? first + SIZE : mapping->end;
    if (hd_resident(start, end, &bytes)) walk->out->transient = bytes;
}

static void
add_anonymous(struct walk *walk, struct file *before, const struct hd_mapping *mapping) {
    uint64_t bytes;
    if (walk->found->transient) add_transient(walk, mapping);
    if (mapping->executable) {
        if (hd_resident(mapping->start, mapping->end, &bytes)) walk->out->executable += bytes;
    }
    else if (mapping->writable) {
        if (before && walk->last_end == mapping->start) add_variables(walk, before, mapping);
        add_arenas(walk, mapping);
    }
}

static void
add(const struct hd_mapping *mapping, void *data) {
    struct walk *walk = data;
    struct file *before = walk->last;
    uint64_t bytes;
    walk->last = NULL;
    if (mapping->path[0] == '/') {
        uintptr_t here = (uintptr_t)hd_mappings_read;
        walk->same |= mapping->start <= here && here < mapping->end;
        add_file(walk, mapping);
    }
    else if (strcmp(mapping->path, "[stack]") == 0) {
        walk->out->stack = mapping->start;
        walk->out->stack_end = mapping->end;
    }
    else if (strcmp(mapping->path, "[heap]") == 0) {
        if (hd_resident(mapping->start, mapping->end, &bytes)) walk->out->arenas += bytes;
    }
    else if (!mapping->shared && (!mapping->path[0] || strncmp(mapping->path, "[anon", 5) == 0)) {
        add_anonymous(walk, before, mapping);
    }
    walk->last_end = mapping->end;
}

static int
open_in_proc(pid_t process, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)process, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static int
by_bytes(const void *a, const void *b) {
    const struct file *x = a, *y = b;
    return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

static void
list_largest(struct walk *walk) {
    struct hd_code_figures *code = &walk->out->code;
    if (walk->files_size > 0) {
        qsort(walk->files, walk->files_size, sizeof *walk->files, by_bytes);
    }
    for (size_t i = 0; i < walk->files_size && code->files_size < HD_ACCOUNT_FILES; i++) {
        const char *path = walk->text + walk->files[i].path;
        if (walk->files[i].bytes == 0) break;
        if (strlen(path) >= HD_ACCOUNT_PATH) continue;
        struct hd_mapped_file *file = &code->files[code->files_size++];
        file->bytes = walk->files[i].bytes;
        strcpy(file->path, path);
    }
}

void
hd_mappings_read(struct hd_mappings *mappings, pid_t process, const struct hd_slots_found *found) {
    *mappings = (struct hd_mappings){0};
    struct walk walk = {.out = mappings,
                        .found = found,
                        .pagemap = open_in_proc(process, "pagemap"),
                        .memory = hd_memory_open()};
    int maps = open_in_proc(process, "maps");
    bool done = maps >= 0 && hd_maps_each(maps, add, &walk) && walk.same;
    if (done && walk.pagemap >= 0 && !walk.failed) list_largest(&walk);
    else mappings->code = (struct hd_code_figures){.bytes = HD_UNKNOWN};
    if (!done) mappings->executable = mappings->arenas = HD_UNKNOWN;
    if (maps >= 0) close(maps);
    if (walk.pagemap >= 0) close(walk.pagemap);
    if (walk.memory >= 0) close(walk.memory);
    free(walk.files);
    free(walk.text);
}
