/* Place in the flow: see indexfile.h. Reading an index. */
#include "kept/indexfile.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/progress.h"
#include "reading/source.h"
#include "kept/layout.h"

/* -- the header -- */

/*
 * Whether each section is within the file and has the size that the numbers of the header require.
 */
static bool
check_sections(const struct hg_index_header *header) {
    for (int i = 0; i < HG_SECTION_COUNT; i++) {
        const struct hg_section *section = &header->section[i];
        if (!header->has[hg_section_part(i)]) continue;
        bool words;
        uint64_t size = hg_section_size(header, i, &words);
        if (words ? section->size < size || section->size % size : section->size != size)
            return false;
        if (section->offset % HG_INDEX_PAGE || section->offset > header->file_size) return false;
        if (section->size > header->file_size - section->offset) return false;
    }
    return true;
}

static bool
check_header(const struct hg_index_header *header, uint64_t file_size,
             const struct hg_identity *identity) {
    struct hg_sum sum = {0};
    hg_sum_add(&sum, header, offsetof(struct hg_index_header, checksum));
    return memcmp(header->magic, "HDINDEX\n", sizeof(header->magic)) == 0 &&
           header->version == HG_INDEX_VERSION && header->byte_order == 0x01020304 &&
           header->header_size == sizeof(*header) && header->sections == HG_SECTION_COUNT &&
           header->checksum == hg_sum_end(&sum) && header->file_size <= file_size &&
           hg_same_dump(&header->identity, identity) && header->has[HG_PART_GRAPH] &&
           (uint64_t)header->objects + header->roots + 1 == header->nodes && check_sections(header);
}

bool
hg_index_read_header(const struct hg_index_file *file, const struct hg_identity *identity,
                     struct hg_index_header *header) {
    struct stat about;
    return fstat(file->fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() &&
           hg_read_at(file->fd, header, sizeof(*header), 0) == (ssize_t)sizeof(*header) &&
           check_header(header, (uint64_t)about.st_size, identity);
}

/* Opens an index. `name` belongs to it from then on. Returns NULL if it is none of this dump. */
static struct hg_index_file *
open_file(char *name, const struct hg_identity *identity) {
    struct hg_index_file *file = calloc(1, sizeof(*file));
    if (!name || !file) {
        free(name);
        free(file);
        return NULL;
    }
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    file->final = name;
    file->fd = open(name, O_RDWR | flags);
    if (file->fd < 0) file->fd = open(name, O_RDONLY | flags);
    if (file->fd >= 0 && hg_index_read_header(file, identity, &file->header)) return file;
    hg_index_file_free(file);
    return NULL;
}

/* -- checksums -- */

struct check {
    struct hg_index_file *file;
    enum hg_part part;
    struct hg_task *task;
    _Atomic int next;      /* section */
    _Atomic uint64_t done; /* bytes */
    _Atomic bool bad, stopped;
};

/* Checks a section. It is read, not mapped: what is only checked need not stay in memory. */
static bool
check_section(struct check *check, int number, char *piece, size_t room) {
    const struct hg_section *section = &check->file->header.section[number];
    struct hg_sum sum = {.size = hg_section_count(&check->file->header, number)};
    for (uint64_t done = 0; done < section->size;) {
        uint64_t left = section->size - done;
        size_t size = left < room ? (size_t)left : room;
        ssize_t n = hg_read_at(check->file->fd, piece, size, section->offset + done);
        if (n != (ssize_t)size) return false;
        hg_sum_add(&sum, piece, size);
        done += size;
        check->done += size;
        if (!hg_step(check->task, check->done)) {
            check->stopped = true;
            return false;
        }
    }
    return hg_sum_end(&sum) == section->checksum;
}

static void
check_some(void *data, unsigned thread) {
    enum { PIECE = 256 << 10 };
    struct check *check = data;
    char *piece = malloc(PIECE);
    if (!piece) check->bad = true;
    for (int i; !check->bad && (i = check->next++) < HG_SECTION_COUNT;) {
        if (hg_section_part(i) != check->part || !check->file->header.section[i].size) continue;
        if (!check_section(check, i, piece, PIECE)) check->bad = true;
    }
    free(piece);
}

/* Whether the checksums of a part have been compared since the machine was started. */
static bool
was_checked(const struct hg_index_file *file, enum hg_part part) {
    uint64_t boot = hg_boot();
    return boot && file->header.boot[part] == boot && hg_index_is_sealed(file);
}

/* Compares the checksums of a part. HG_OK · HG_STOPPED; *right is the result. */
static enum hg_status
check_part(struct hg_index_file *file, enum hg_part part, struct hg_task *task, bool *right) {
    enum { MOST = 4 };
    struct check check = {.file = file, .part = part, .task = task};
    unsigned threads = hg_processors();
    hg_phase(task, "checking the index", file->header.file_size);
    hg_parallel(threads > MOST ? MOST : threads, check_some, &check);
    *right = !check.bad;
    return check.stopped ? HG_STOPPED : HG_OK;
}

enum hg_status
hg_index_take(struct hg_index_file *file, enum hg_part part, struct hg_task *task,
              struct hg_analysis *analysis, bool *found) {
    *found = false;
    if (!file || file->writing || !file->header.has[part]) return HG_OK;
    if (hg_stops(task)) return HG_STOPPED;

    if (!was_checked(file, part)) {
        bool right;
        enum hg_status status = check_part(file, part, task, &right);
        if (status != HG_OK) return status;
        if (!right) {
            file->header.has[part] = 0;
            file->damaged[part] = true;
            return HG_OK;
        }
        hg_index_note_checked(file, part, &analysis->identity);
    }
    enum hg_status status = hg_index_use(file, part, analysis);
    *found = status == HG_OK;
    return status;
}

/* -- a dump -- */

enum hg_status
hg_index_open(const char *path, struct hg_task *task, struct hg_analysis *analysis) {
    *analysis = (struct hg_analysis){0};
    enum hg_status status = hg_identify(path, task, &analysis->identity);
    if (status != HG_OK || !analysis->identity.size) return status;

    bool found = false;
    for (int attempt = 0; attempt < 2 && !found && status == HG_OK; attempt++) {
        char *name = attempt ? hg_index_in_cache(path, false) : hg_index_beside(path);
        struct hg_index_file *file = open_file(name, &analysis->identity);
        if (!file) continue;
        status = hg_index_take(file, HG_PART_GRAPH, task, analysis, &found);
        if (found) analysis->index = file;
        else hg_index_file_free(file);
    }
    if (found) status = hg_source_open(path, task, &analysis->graph->source);
    if (status == HG_OK) return HG_OK;

    hg_graph_free(analysis->graph);
    hg_index_file_free(analysis->index);
    *analysis = (struct hg_analysis){.identity = analysis->identity};
    return status;
}

void
hg_index_let_go(const struct hg_analysis *analysis) {
    for (int part = 0; analysis->index && part < HG_PARTS; part++) {
        char *memory = analysis->index->part[part].memory;
        if (memory) (void)madvise(memory, analysis->index->part[part].size, MADV_DONTNEED);
    }
}

bool
hg_index_is_kept(const struct hg_analysis *analysis) {
    return analysis->index && !analysis->index->writing && !analysis->index->lost;
}

bool
hg_index_can_grow(const struct hg_analysis *analysis) {
    return hg_index_is_kept(analysis) &&
           (fcntl(analysis->index->fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}
