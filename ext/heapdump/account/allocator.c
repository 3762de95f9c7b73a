/*
 * The allocator of this process; see allocator.h. None of the functions is linked: which of them
 * there are depends on what the process was started with.
 */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif
#include "account/allocator.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *name;
    void (*ask)(struct hd_allocator *);
} found = {"unknown", NULL};

static struct {
    int (*malloc_info)(int options, FILE *out);
    const char *(*version)(void);
} glibc;
static int (*mallctl)(const char *name, void *old, size_t *size, void *new, size_t new_size);
static struct {
    int (*number)(const char *name, size_t *value);
    void (*text)(char *buffer, int size);
    const char *(*version)(int *major, int *minor, const char **patch);
} tcmalloc;
static struct {
    int (*version)(void);
    void (*process_info)(size_t *elapsed, size_t *user, size_t *system, size_t *rss,
                         size_t *peak_rss, size_t *commit, size_t *peak_commit, size_t *faults);
} mimalloc;

/* The number in `name="NUMBER"` after the last `start` in the text; 0 if there is none. */
static uint64_t
attribute(const char *text, const char *start, const char *name) {
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, start)); at++) last = at;
    const char *number = last ? strstr(last, name) : NULL;
    return number ? strtoull(number + strlen(name), NULL, 10) : 0;
}

static uint64_t
occurrences(const char *text, const char *word) {
    uint64_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at++) count++;
    return count;
}

/*
 * malloc_info writes each arena as <heap>, and then sums of all: free memory (`fast` and `rest`),
 * memory of arenas (`system`), and large blocks that have a mapping of their own (`mmap`).
 */
static void
ask_glibc(struct hd_allocator *out) {
    char *text = NULL;
    size_t size = 0;
    snprintf(out->version, sizeof out->version, "%s", glibc.version());
    FILE *file = open_memstream(&text, &size);
    if (!file) return;
    int error = glibc.malloc_info(0, file);
    if (fclose(file) == 0 && !error && text) {
        uint64_t arenas = attribute(text, "<system type=\"current\"", "size=\"");
        uint64_t large = attribute(text, "<total type=\"mmap\"", "size=\"");
        out->arenas = occurrences(text, "<heap nr=");
        out->free = attribute(text, "<total type=\"fast\"", "size=\"") +
                    attribute(text, "<total type=\"rest\"", "size=\"");
        out->mapped = arenas + large;
        out->in_use = out->mapped > out->free ? out->mapped - out->free : 0;
        out->untouched = large; // as long as nobody has looked
    }
    free(text);
}

static uint64_t
jemalloc_number(const char *name) {
    size_t value, size = sizeof value;
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : HD_UNKNOWN;
}

/* What is left of `whole`, HD_UNKNOWN if one of the two is unknown. */
static uint64_t
minus(uint64_t whole, uint64_t part) {
    if (whole == HD_UNKNOWN || part == HD_UNKNOWN) return HD_UNKNOWN;
    return whole > part ? whole - part : 0;
}

static void
ask_jemalloc(struct hd_allocator *out) {
    uint64_t epoch = 1;
    size_t size = sizeof epoch;
    const char *version;
    unsigned arenas;
    mallctl("epoch", &epoch, &size, &epoch, sizeof epoch); // from now on the figures are of now
    size = sizeof version;
    if (mallctl("version", &version, &size, NULL, 0) == 0)
        snprintf(out->version, sizeof out->version, "%s", version);
    size = sizeof arenas;
    if (mallctl("arenas.narenas", &arenas, &size, NULL, 0) == 0) out->arenas = arenas;
    out->in_use = jemalloc_number("stats.allocated");
    out->metadata = jemalloc_number("stats.metadata");
    out->mapped = jemalloc_number("stats.resident"); // the most that can be in memory
    out->free = minus(minus(out->mapped, out->in_use), out->metadata);
}

static uint64_t
tcmalloc_number(const char *name) {
    size_t value;
    return tcmalloc.number(name, &value) ? value : HD_UNKNOWN;
}

/*
 * The report for people has a line "MALLOC: +      2752512 (    2.6 MiB) Bytes in malloc metadata".
 */
static uint64_t
tcmalloc_metadata(void) {
    enum { REPORT = 1 << 14 };
    static char report[REPORT];
    if (!tcmalloc.text) return HD_UNKNOWN;
    tcmalloc.text(report, REPORT);
    report[REPORT - 1] = '\0';
    char *end = strstr(report, " Bytes in malloc metadata");
    if (!end) return HD_UNKNOWN;
    while (end > report && end[-1] != '\n') end--;
    end += strcspn(end, "0123456789\n");
    return *end >= '0' && *end <= '9' ? strtoull(end, NULL, 10) : HD_UNKNOWN;
}

static void
ask_tcmalloc(struct hd_allocator *out) {
    int major, minor;
    const char *patch = "";
    if (tcmalloc.version) {
        tcmalloc.version(&major, &minor, &patch);
        snprintf(out->version, sizeof out->version, "%d.%d%s", major, minor, patch);
    }
    uint64_t unmapped = tcmalloc_number("tcmalloc.pageheap_unmapped_bytes");
    uint64_t heap = tcmalloc_number("generic.heap_size");
    out->in_use = tcmalloc_number("generic.current_allocated_bytes");
    out->metadata = tcmalloc_metadata();
    heap = minus(heap, unmapped == HD_UNKNOWN ? 0 : unmapped);
    out->free = minus(heap, out->in_use);
    // the allocator's own tables are not part of its heap
    out->mapped = heap == HD_UNKNOWN || out->metadata == HD_UNKNOWN ? heap : heap + out->metadata;
}

/*
 * As it is usually built, mimalloc counts what it has from the system, but not what it has given to
 * callers: `in_use` and `free` stay unknown.
 */
static void
ask_mimalloc(struct hd_allocator *out) {
    size_t commit = 0, other;
    if (mimalloc.version) {
        int version = mimalloc.version();
        snprintf(out->version, sizeof out->version, "%d.%d.%d", version / 100, version / 10 % 10,
                 version % 10);
    }
    if (!mimalloc.process_info) return;
    mimalloc.process_info(&other, &other, &other, &other, &other, &commit, &other, &other);
    if (commit > 0) out->mapped = commit;
}

/* ISO C has no conversion from a pointer to data to one to a function, so the bytes are copied. */
static bool
find(void *function, const char *name) {
    void *symbol = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* True if malloc and this function are in the same library or program. */
static bool
has_malloc(const char *name) {
    void *first = dlsym(RTLD_DEFAULT, "malloc"), *second = dlsym(RTLD_DEFAULT, name);
    Dl_info one, two;
    return first && second && dladdr(first, &one) && dladdr(second, &two) &&
           one.dli_fbase == two.dli_fbase;
}

/* The function of an allocator that is that of this process, not only one that is loaded. */
static bool
find_own(void *function, const char *name) {
    return has_malloc(name) && find(function, name);
}

void
hd_allocator_find(void) {
    if (find_own(&mallctl, "mallctl")) {
        found.name = "jemalloc";
        found.ask = ask_jemalloc;
    }
    else if (find_own(&tcmalloc.number, "MallocExtension_GetNumericProperty")) {
        find(&tcmalloc.text, "MallocExtension_GetStats");
        find(&tcmalloc.version, "tc_version");
        found.name = "tcmalloc";
        found.ask = ask_tcmalloc;
    }
    else if (find_own(&mimalloc.version, "mi_version")) {
        find(&mimalloc.process_info, "mi_process_info");
        found.name = "mimalloc";
        found.ask = ask_mimalloc;
    }
    else if (find_own(&glibc.version, "gnu_get_libc_version")) {
        found.name = "glibc";
        if (find(&glibc.malloc_info, "malloc_info")) found.ask = ask_glibc;
    }
#if defined(__linux__) && !defined(__GLIBC__)
    else if (has_malloc("getppid")) {
        found.name = "musl"; // tells nothing
    }
#endif
}

void
hd_allocator_name(struct hd_allocator *out) {
    snprintf(out->name, sizeof out->name, "%s", found.name);
}

void
hd_allocator_ask(struct hd_allocator *out) {
    if (found.ask) found.ask(out);
}
