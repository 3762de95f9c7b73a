/* Place in the flow: see layout.h. */
#include "kept/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "records/strings.h"

/* -- checksums -- */

enum { LANES = 8, BLOCK = LANES * sizeof(uint64_t) };

static inline uint64_t
mix(uint64_t lane, uint64_t word) {
    lane = (lane ^ word) * HG_GOLDEN;
    return lane ^ lane >> 29;
}

void
hg_sum_add(struct hg_sum *sum, const void *bytes, size_t size) {
    const char *at = bytes;
    uint64_t lane[LANES], words[LANES];
    memcpy(lane, sum->lane, sizeof(lane));
    sum->size += size;
    for (; size >= BLOCK; at += BLOCK, size -= BLOCK) {
        memcpy(words, at, BLOCK);
        for (int i = 0; i < LANES; i++) lane[i] = mix(lane[i], words[i]);
    }
    if (size) {
        memset(words, 0, BLOCK);
        memcpy(words, at, size);
        for (int i = 0; i < LANES; i++) lane[i] = mix(lane[i], words[i]);
    }
    memcpy(sum->lane, lane, sizeof(lane));
}

uint64_t
hg_sum_end(const struct hg_sum *sum) {
    uint64_t end = mix(UINT64_C(0x6864696e646578), sum->size);
    for (int i = 0; i < LANES; i++) end = mix(end, sum->lane[i]);
    return mix(end, 0);
}

/* -- sections -- */

enum hg_part
hg_section_part(int section) {
#define ARRAY(part, name, array, size, count) HG_PART_##part,
#define COLUMN(part, name, column, size, top, count) HG_PART_##part, HG_PART_##part,
    static const enum hg_part parts[] = {HG_ARRAYS(ARRAY) HG_COLUMNS(COLUMN)};
#undef ARRAY
#undef COLUMN
    return parts[section];
}

uint64_t
hg_section_count(const struct hg_index_header *h, int section) {
#define ARRAY(part, name, array, size, count)                                                      \
    case HG_ARRAY_##name:                                                                          \
        return count;
#define COLUMN(part, name, column, size, top, count)                                               \
    case HG_ARRAY_COUNT + 2 * HG_COLUMN_##name:                                                    \
    case HG_ARRAY_COUNT + 2 * HG_COLUMN_##name + 1:                                                \
        return count;
    switch (section) {
        HG_ARRAYS(ARRAY)
        HG_COLUMNS(COLUMN)
    default:
        return 0;
    }
#undef ARRAY
#undef COLUMN
}

uint64_t
hg_section_size(const struct hg_index_header *header, int section, bool *words) {
#define ARRAY(part, name, array, size, count) size,
    static const size_t sizes[] = {HG_ARRAYS(ARRAY)};
#undef ARRAY
    uint64_t count = hg_section_count(header, section);
    bool column = section >= HG_ARRAY_COUNT && count > 0;
    *words = column && (section - HG_ARRAY_COUNT) % 2 == 1;
    if (*words) return sizeof(uint64_t);
    if (column) return (hg_frames(count) + 1) * sizeof(struct hg_frame);
    return section < HG_ARRAY_COUNT ? count * sizes[section] : 0;
}

struct hg_number_kind
hg_column_kind(enum hg_column_number number) {
#define KIND(part, name, column, size, top, count) {size, top},
    static const struct hg_number_kind kinds[] = {HG_COLUMNS(KIND)};
#undef KIND
    return kinds[number];
}

struct hg_column *
hg_column_of(struct hg_analysis *analysis, enum hg_column_number number) {
#define COLUMN(part, name, column, size, top, count)                                               \
    case HG_COLUMN_##name:                                                                         \
        return &analysis->column;
    switch (number) {
        HG_COLUMNS(COLUMN)
    default:
        return NULL;
    }
#undef COLUMN
}

/* -- which dump, and where its index is -- */

/*
 * The hash of the first and the last bytes of a dump. If the bytes between change, the modification
 * time changes too.
 */
static enum hg_status
hash_ends(int fd, uint64_t size, struct hg_task *task, uint64_t *hash) {
    enum { END = 64 << 10 };
    struct hg_sum sum = {0};
    char *bytes = malloc(END);
    if (!bytes) return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");

    ssize_t n = hg_read_at(fd, bytes, END, 0);
    if (n > 0) hg_sum_add(&sum, bytes, (size_t)n); // END bytes, or all of them
    if (n >= 0 && size > END) {
        n = hg_read_at(fd, bytes, END, size - END);
        if (n > 0) hg_sum_add(&sum, bytes, (size_t)n);
    }
    int error = errno;
    free(bytes);
    if (n < 0) return hg_fail(task, HG_IO, error, "cannot read: %s", strerror(error));
    *hash = hg_sum_end(&sum);
    return HG_OK;
}

enum hg_status
hg_identify(const char *path, struct hg_task *task, struct hg_identity *identity) {
    struct stat about;
    *identity = (struct hg_identity){0};
    /* A pipe must not be opened here: its writer would see that it is closed again. */
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) return HG_OK;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about)) {
        int error = errno;
        if (fd >= 0) close(fd);
        return hg_fail(task, HG_IO, error, "%.100s: %s", path, strerror(error));
    }
    identity->size = (uint64_t)about.st_size;
    identity->seconds = about.st_mtim.tv_sec;
    identity->nanoseconds = (uint64_t)about.st_mtim.tv_nsec;
    enum hg_status status = hash_ends(fd, identity->size, task, &identity->hash);
    close(fd);
    return status;
}

uint64_t
hg_boot(void) {
    char id[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t size = hg_read_at(fd, id, sizeof(id), 0);
    close(fd);
    if (size <= 0) return 0;
    struct hg_sum sum = {0};
    hg_sum_add(&sum, id, (size_t)size);
    return hg_sum_end(&sum);
}

bool
hg_same_dump(const struct hg_identity *a, const struct hg_identity *b) {
    return a->size == b->size && a->hash == b->hash && a->seconds == b->seconds &&
           a->nanoseconds == b->nanoseconds;
}

static char *
text(const char *format, const char *a, const char *b, uint64_t number) {
    int size = snprintf(NULL, 0, format, a, b, (unsigned long long)number);
    char *result = size < 0 ? NULL : malloc((size_t)size + 1);
    if (result) snprintf(result, (size_t)size + 1, format, a, b, (unsigned long long)number);
    return result;
}

char *
hg_index_beside(const char *path) {
    return text("%s%s", path, ".hdidx", 0);
}

static char *
cache_folder(void) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && cache[0] == '/') return text("%s%s", cache, "", 0);
    if (home && home[0] == '/') return text("%s%s", home, "/.cache", 0);
    return NULL;
}

char *
hg_index_in_cache(const char *path, bool make) {
    char *real = realpath(path, NULL), *cache = cache_folder();
    char *folder = cache ? text("%s%s", cache, "/heapdump", 0) : NULL, *name = NULL;
    if (real && folder) {
        struct hg_sum sum = {0};
        hg_sum_add(&sum, real, strlen(real));
        if (make) (void)mkdir(cache, 0700);
        if (make) (void)mkdir(folder, 0700);
        name = text("%s/%.80s-%016llx.hdidx", folder, strrchr(real, '/') + 1, hg_sum_end(&sum));
    }
    free(real);
    free(cache);
    free(folder);
    return name;
}

/* -- the seal -- */

/* The time of the dump, with a fraction that follows from the header. */
static struct timespec
seal_of(const struct hg_index_header *header) {
    return (struct timespec){
        .tv_sec = (time_t)header->identity.seconds,
        .tv_nsec = (long)(header->checksum % 1000000000),
    };
}

void
hg_index_seal(const struct hg_index_file *file) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, seal_of(&file->header)};
    (void)!futimens(file->fd, times);
}

bool
hg_index_is_sealed(const struct hg_index_file *file) {
    struct stat about;
    struct timespec seal = seal_of(&file->header);
    return fstat(file->fd, &about) == 0 && about.st_mtim.tv_sec == seal.tv_sec &&
           about.st_mtim.tv_nsec == seal.tv_nsec;
}

/* -- an open file -- */

void
hg_index_file_free(struct hg_index_file *file) {
    if (!file) return;
    for (int part = 0; part < HG_PARTS; part++) {
        if (file->part[part].memory) munmap(file->part[part].memory, file->part[part].size);
    }
    if (file->writing && file->name) unlink(file->name);
    if (file->fd >= 0) close(file->fd);
    free(file->name);
    free(file->final);
    free(file);
}

/* Maps a part, whose sections are one behind the other. */
static enum hg_status
map_part(struct hg_index_file *file, enum hg_part part) {
    uint64_t begin = UINT64_MAX, end = 0;
    for (int i = 0; i < HG_SECTION_COUNT; i++) {
        const struct hg_section *section = &file->header.section[i];
        if (hg_section_part(i) != part || !section->size) continue;
        if (section->offset < begin) begin = section->offset;
        if (section->offset + section->size > end) end = section->offset + section->size;
    }
    if (begin > end) return HG_OK;

    size_t size = (size_t)(end - begin);
    void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, file->fd, (off_t)begin);
    if (memory == MAP_FAILED) return HG_NO_MEMORY;
    file->part[part].memory = memory;
    file->part[part].offset = begin;
    file->part[part].size = size;
    return HG_OK;
}

/* The structs with pointers into the mapping. The graph frees them. */
struct held {
    struct hg_strings strings;
    struct hg_index index;
};

/* Begins a graph: sets everything except its arrays. */
static enum hg_status
begin_graph(const struct hg_index_header *header, struct hg_analysis *analysis) {
    struct hg_graph *graph = analysis->graph ? analysis->graph : calloc(1, sizeof(*graph));
    struct held *held = calloc(1, sizeof(*held));
    if (!graph || !held) {
        if (!analysis->graph) free(graph);
        free(held);
        return HG_NO_MEMORY;
    }
    if (graph->free_owned) graph->free_owned(graph->owned);
    analysis->graph = graph;
    graph->objects = header->objects;
    graph->roots = header->roots;
    graph->nodes = header->nodes;
    graph->edges = header->edges;
    graph->large = header->large;
    graph->account = header->account;
    held->strings.count = header->strings;
    held->index.units = header->units;
    graph->strings = &held->strings;
    graph->index = &held->index;
    graph->owned = held;
    graph->free_owned = free;
    return HG_OK;
}

/* Where a section is in the mapping of its part; NULL if it is empty. */
static const void *
in_mapping(const struct hg_index_file *file, int number) {
    const struct hg_section *section = &file->header.section[number];
    enum hg_part part = hg_section_part(number);
    if (!section->size) return NULL;
    return file->part[part].memory + (section->offset - file->part[part].offset);
}

enum hg_status
hg_index_use(struct hg_index_file *file, enum hg_part part, struct hg_analysis *analysis) {
    const struct hg_index_header *header = &file->header;
    if (map_part(file, part) != HG_OK) return HG_NO_MEMORY;
    if (part == HG_PART_GRAPH) {
        if (begin_graph(header, analysis) != HG_OK) return HG_NO_MEMORY;
        analysis->graph->mapping = file->part[part].memory;
        analysis->graph->mapped = file->part[part].size;
    }
    if (part == HG_PART_TREE) {
        analysis->tree.reached = header->reached;
        analysis->tree.reachable_objects = header->reachable_objects;
        analysis->tree.reachable_bytes = header->reachable_bytes;
        analysis->tree.unreachable_objects = header->unreachable_objects;
        analysis->tree.unreachable_bytes = header->unreachable_bytes;
    }
    if (part == HG_PART_INVERSE) analysis->inverse.referred = header->referred;
    if (part == HG_PART_OWN_WAYS) {
        analysis->own_ways.reached = header->on_ways;
        analysis->own_ways.count = header->trails;
        analysis->own_ways.firsts = header->firsts;
    }
    if (part == HG_PART_KINDS) {
        analysis->kinds.count = header->kinds;
        analysis->kinds.outlined = header->outlined;
    }
#define USE(of, name, member, element, count)                                                      \
    if (HG_PART_##of == part)                                                                      \
        analysis->member = (void *)(uintptr_t)in_mapping(file, HG_ARRAY_##name);
    HG_ARRAYS(USE)
#undef USE
    for (int i = 0; i < HG_COLUMN_COUNT; i++) {
        enum hg_column_number number = (enum hg_column_number)i;
        int frames = hg_frame_section(number);
        if (hg_section_part(frames) != part) continue;
        *hg_column_of(analysis, number) = (struct hg_column){
            .frame = in_mapping(file, frames),
            .word = in_mapping(file, frames + 1),
        };
    }
    return HG_OK;
}
