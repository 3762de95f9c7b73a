/*
 * libraries.c on libraries that this program maps itself, where it wants them. Arguments: two files
 * of one base name, each with the offset (hex) and the name of a variable that it exports.
 */
#include "base/libraries.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

static size_t page;

struct file {
    const char *path, *variable;
    uintptr_t offset;
    int fd;
    ElfW(Ehdr) header;
    ElfW(Phdr) parts[32];
    size_t size; /* of its image in memory */
};

static uintptr_t
up(uintptr_t address) {
    return (address + page - 1) / page * page;
}

static struct file
open_file(char *const arguments[3]) {
    struct file file = {.path = arguments[0], .variable = arguments[2]};
    file.offset = strtoul(arguments[1], NULL, 16);
    file.fd = open(file.path, O_RDWR);
    CHECK(file.fd >= 0);
    CHECK(pread(file.fd, &file.header, sizeof file.header, 0) == sizeof file.header);
    CHECK(file.header.e_phnum <= 32);
    size_t size = file.header.e_phnum * sizeof *file.parts;
    CHECK(pread(file.fd, file.parts, size, (off_t)file.header.e_phoff) == (ssize_t)size);
    for (int i = 0; i < file.header.e_phnum; i++) {
        uintptr_t end = up(file.parts[i].p_vaddr + file.parts[i].p_memsz);
        if (file.parts[i].p_type == PT_LOAD && end > file.size) file.size = end;
    }
    CHECK(file.offset > 0 && file.offset < file.size);
    return file;
}

/* Maps the file as the loader of glibc does: first as a whole, then part by part. */
static void
load(const struct file *file, char *at) {
    enum { FLAGS = MAP_PRIVATE | MAP_FIXED, ACCESS = PROT_READ | PROT_WRITE };
    CHECK(mmap(at, file->size, ACCESS, FLAGS, file->fd, 0) == at);
    for (int i = 0; i < file->header.e_phnum; i++) {
        const ElfW(Phdr) *part = &file->parts[i];
        if (part->p_type != PT_LOAD) continue;
        size_t before = part->p_vaddr % page;
        char *to = at + part->p_vaddr - before, *end = at + up(part->p_vaddr + part->p_filesz);
        if (end > to)
            CHECK(mmap(to, (size_t)(end - to), ACCESS, FLAGS, file->fd,
                       (off_t)(part->p_offset - before)) == to);
        size_t zeros = up(part->p_vaddr + part->p_memsz) - (size_t)(end - at);
        if (zeros > 0) CHECK(mmap(end, zeros, ACCESS, FLAGS | MAP_ANONYMOUS, -1, 0) == end);
    }
}

/* Addresses for a library or two, with other memory behind them. */
static char *
room(size_t size) {
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

static const char *
told(const void *variable) {
    static char text[192];
    struct hd_libraries libraries;
    hd_libraries_read(&libraries);
    CHECK(libraries.size > 0);
    hd_libraries_tell(&libraries, variable, text, sizeof text);
    hd_libraries_free(&libraries);
    return text;
}

static void
check_told(const char *wanted, const void *variable) {
    const char *got = told(variable);
    if (strcmp(wanted, got) == 0) return;
    fprintf(stderr, "\"%s\" instead of \"%s\"\n", got, wanted);
    exit(1);
}

static const char *
base_name(const struct file *file) {
    return strrchr(file->path, '/') + 1;
}

static void
check_symbol(const struct file *file, const char *at) {
    char wanted[192];
    snprintf(wanted, sizeof wanted, "%s %s", base_name(file), file->variable);
    check_told(wanted, at + file->offset);
}

static void
test_one_library(const struct file *file) {
    char wanted[192], *at = room(file->size + 4 * page);
    load(file, at + page);
    check_symbol(file, at + page);
    snprintf(wanted, sizeof wanted, "%s+0x%lx", base_name(file), file->offset + 1);
    check_told(wanted, at + page + file->offset + 1);
    check_told("?", at);
    check_told("?", at + page + file->size); // is of one mapping with the .bss
    munmap(at, file->size + 4 * page);
}

/* As the kernel puts one library after the other. */
static void
test_neighbours(const struct file *a, const struct file *b) {
    CHECK(strcmp(base_name(a), base_name(b)) == 0);
    char *at = room(a->size + b->size);
    load(a, at);
    load(b, at + a->size);
    check_symbol(a, at);
    check_symbol(b, at + a->size);
    munmap(at, a->size + b->size);
}

/* What is told of a library that is damaged: it may lack the symbol, but not be another's. */
static void
check_survives(const struct file *file, const char *at) {
    const char *text = told(at + file->offset);
    size_t n = strlen(base_name(file));
    CHECK(strcmp(text, "?") == 0 || strncmp(text, base_name(file), n) == 0);
}

static void
test_no_access(const struct file *file) {
    char *at = room(file->size);
    load(file, at);
    CHECK(mprotect(at, file->size, PROT_NONE) == 0);
    check_survives(file, at);
    munmap(at, file->size);
}

static void
test_wrong_headers(const struct file *file) {
    enum { TIMES = 1000, WORDS = 12 };
    struct random random = {1};
    char *at = room(file->size);
    for (int i = 0; i < TIMES; i++) {
        check_seed = (uint64_t)i;
        load(file, at);
        uintptr_t from = 0, size = page; // ELF header and program headers
        for (int j = 0; i % 2 == 0 && j < file->header.e_phnum; j++) {
            if (file->parts[j].p_type != PT_DYNAMIC) continue;
            from = file->parts[j].p_vaddr;
            size = file->parts[j].p_memsz;
        }
        for (int j = 0; j < WORDS; j++) {
            uint64_t word = random_next(&random) >> random_below(&random, 64);
            memcpy(at + from + random_below(&random, (uint32_t)(size / 8)) * 8, &word, sizeof word);
        }
        check_survives(file, at);
    }
    munmap(at, file->size);
}

/* Truncates it in place, from its end to its beginning: pages of it that are mapped are no more. */
static void
test_truncated(struct file *file) {
    struct stat whole;
    char *at = room(file->size);
    load(file, at);
    CHECK(fstat(file->fd, &whole) == 0);
    for (off_t size = whole.st_size; size >= 0; size -= 512) {
        CHECK(ftruncate(file->fd, size) == 0);
        check_survives(file, at);
    }
    munmap(at, file->size);
}

int
main(int argc, char *arguments[]) {
    CHECK(argc == 7);
    page = (size_t)sysconf(_SC_PAGESIZE);
    struct file a = open_file(arguments + 1), b = open_file(arguments + 4);
    test_one_library(&a);
    test_neighbours(&a, &b);
    test_neighbours(&b, &a);
    test_no_access(&a);
    test_wrong_headers(&a);
    test_truncated(&a);
    return 0;
}
