/* Place in the flow: see indexfile.h. Writing an index. */
#include "kept/indexfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/progress.h"
#include "records/index.h"
#include "records/strings.h"
#include "kept/layout.h"

static const void *
array_of(const struct hg_analysis *analysis, int number) {
#define ARRAY(part, name, array, size, count)                                                      \
    case HG_ARRAY_##name:                                                                          \
        return analysis->array;
    switch (number) {
        HG_ARRAYS(ARRAY)
    default:
        return NULL;
    }
#undef ARRAY
}

/* -- the file -- */

/*
 * Creates a new file that nobody else has. If a process with the same number died here, what it
 * left is removed first.
 */
static int
create(struct hg_index_file *file, char *final) {
    size_t size = strlen(final) + 40;
    file->final = final;
    file->name = malloc(size);
    if (!file->name) return -1;

    snprintf(file->name, size, "%s.partial-%ld", final, (long)getpid());
    int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = open(file->name, flags, 0600);
    if (fd < 0 && errno == EEXIST && unlink(file->name) == 0) fd = open(file->name, flags, 0600);
    return fd;
}

/*
 * The name of an index beside the dump, if the dump belongs to this user. Another owner of the dump
 * may own the directory as well, and could lead what is written there to another place. And that
 * user would not read our index.
 */
static char *
beside_own(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && about.st_uid == geteuid() ? hg_index_beside(path) : NULL;
}

static enum hg_status
begin_file(const char *path, const struct hg_analysis *analysis, struct hg_task *task,
           struct hg_index_file **to) {
    struct hg_index_file *file = calloc(1, sizeof(*file));
    if (!file) return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");

    file->fd = -1;
    int error = ENOENT;
    for (int attempt = 0; attempt < 2 && file->fd < 0; attempt++) {
        char *final = attempt ? hg_index_in_cache(path, true) : beside_own(path);
        if (!final) continue;
        file->fd = create(file, final);
        error = errno;
        if (file->fd >= 0) break;
        free(file->name);
        free(file->final);
        file->name = file->final = NULL;
    }
    if (file->fd < 0) {
        hg_index_file_free(file);
        return hg_fail(task, HG_IO, error, "cannot write an index: %s", strerror(error));
    }
    file->writing = true;
    file->end = sizeof(file->header);
    file->header.identity = analysis->identity;
    *to = file;
    return HG_OK;
}

static enum hg_status
write_fully(const struct hg_index_file *file, const void *bytes, size_t size, uint64_t offset,
            struct hg_task *task) {
    if (hg_write_at(file->fd, bytes, size, offset)) return HG_OK;
    const char *name = file->name ? file->name : file->final;
    return hg_fail(task, HG_IO, errno, "cannot write %.100s: %s", name, strerror(errno));
}

/* Where the next section of a file begins. */
static uint64_t
next_page(uint64_t end) {
    return (end + HG_INDEX_PAGE - 1) / HG_INDEX_PAGE * HG_INDEX_PAGE;
}

/* Writes one array, in pieces: each is still in the cache of the CPU when it is written. */
static enum hg_status
write_array(struct hg_index_file *file, const struct hg_analysis *analysis, int number,
            struct hg_task *task) {
    enum { PIECE = 1 << 20 };
    struct hg_section *section = &file->header.section[number];
    const char *array = array_of(analysis, number);
    struct hg_sum sum = {.size = hg_section_count(&file->header, number)};
    bool words;
    section->size = hg_section_size(&file->header, number, &words);
    section->offset = next_page(file->end);

    for (uint64_t done = 0; done < section->size;) {
        uint64_t left = section->size - done;
        size_t size = left < PIECE ? (size_t)left : PIECE;
        hg_sum_add(&sum, array + done, size);
        enum hg_status status = write_fully(file, array + done, size, section->offset + done, task);
        if (status != HG_OK) return status;
        done += size;
        if (!hg_step(task, section->offset + done)) return HG_STOPPED;
    }
    section->checksum = hg_sum_end(&sum);
    file->end = section->offset + section->size;
    return HG_OK;
}

static enum hg_status
write_part(struct hg_index_file *file, const struct hg_analysis *analysis, enum hg_part part,
           struct hg_task *task) {
    enum hg_status status = HG_OK;
    for (int i = 0; i < HG_ARRAY_COUNT && status == HG_OK; i++) {
        if (hg_section_part(i) == part) status = write_array(file, analysis, i, task);
    }
    if (status == HG_OK) status = hg_write_columns(file, analysis, part, task);
    if (status != HG_OK) return status;
    file->header.has[part] = 1;
    file->header.boot[part] = hg_boot();
    return HG_OK;
}

static void
describe_graph(const struct hg_graph *graph, struct hg_index_header *header) {
    header->objects = graph->objects;
    header->roots = graph->roots;
    header->nodes = graph->nodes;
    header->edges = graph->edges;
    header->large = graph->large;
    header->locations = hg_has_column(&graph->location);
    header->generations = hg_has_column(&graph->generation);
    header->lines = hg_has_column(&graph->line);
    header->strings = graph->strings->count;
    header->string_bytes = graph->strings->offset[graph->strings->count];
    header->units = graph->index->units;
    header->account = graph->account;
}

static enum hg_status
write_graph(const char *path, const struct hg_analysis *analysis, struct hg_task *task,
            struct hg_index_file **to) {
    if (!analysis->identity.size) {
        return hg_fail(task, HG_IO, 0, "%.100s is no file that could have an index", path);
    }
    struct hg_index_file *file = NULL;
    enum hg_status status = begin_file(path, analysis, task, &file);
    if (status != HG_OK) return status;

    hg_phase(task, "writing the index", 0);
    describe_graph(analysis->graph, &file->header);
    status = write_part(file, analysis, HG_PART_GRAPH, task);
    if (status == HG_OK) *to = file;
    else hg_index_file_free(file);
    return status;
}

enum hg_status
hg_index_begin(const char *path, struct hg_analysis *analysis, struct hg_task *task) {
    if (analysis->index) return HG_OK;
    struct hg_index_file *file = NULL;
    enum hg_status status = write_graph(path, analysis, task, &file);
    if (status != HG_OK) return status;

    status = hg_index_use(file, HG_PART_GRAPH, analysis);
    if (status == HG_OK) analysis->index = file;
    else hg_index_file_free(file);
    return status;
}

/* -- the rest -- */

/* Checks that the dump is still the same: it may have been replaced while it was read. */
static enum hg_status
check_identity(const char *path, const struct hg_identity *identity, struct hg_task *task) {
    struct hg_identity now;
    enum hg_status status = hg_identify(path, task, &now);
    if (status != HG_OK) return status;
    if (hg_same_dump(&now, identity)) return HG_OK;
    return hg_fail(task, HG_IO, 0, "%.100s has changed meanwhile", path);
}

/* What is not there may be in the index, and stays as it is. */
static void
describe_parts(const struct hg_analysis *analysis, struct hg_index_header *header) {
    const struct hg_tree *tree = &analysis->tree;
    if (hg_has_column(&tree->position)) {
        header->reached = tree->reached;
        header->reachable_objects = tree->reachable_objects;
        header->reachable_bytes = tree->reachable_bytes;
        header->unreachable_objects = tree->unreachable_objects;
        header->unreachable_bytes = tree->unreachable_bytes;
    }
    if (hg_has_column(&analysis->inverse.first)) header->referred = analysis->inverse.referred;
    if (hg_has_column(&analysis->own_ways.parent)) {
        header->on_ways = analysis->own_ways.reached;
        header->trails = analysis->own_ways.count;
        header->firsts = analysis->own_ways.firsts;
    }
    if (!hg_has_column(&analysis->kinds.at)) return;
    header->kinds = analysis->kinds.count;
    header->outlined = analysis->kinds.outlined;
}

static enum hg_status
write_parts(struct hg_index_file *file, const struct hg_analysis *analysis, struct hg_task *task) {
    enum hg_status status = HG_OK;
    describe_parts(analysis, &file->header);
    for (int i = HG_PART_TREE; i < HG_PARTS && status == HG_OK; i++) {
        enum hg_part part = (enum hg_part)i;
        if (file->header.has[part] || !hg_parts[part].present(analysis)) continue;
        status = write_part(file, analysis, part, task);
    }
    return status;
}

static enum hg_status
put_header(struct hg_index_file *file, struct hg_task *task) {
    struct hg_index_header *header = &file->header;
    struct hg_sum sum = {0};
    hg_sum_add(&sum, header, offsetof(struct hg_index_header, checksum));
    header->checksum = hg_sum_end(&sum);
    enum hg_status status = write_fully(file, header, sizeof(*header), 0, task);
    if (status == HG_OK) hg_index_seal(file);
    return status;
}

/* Writes the header: from here on the file is an index with all parts that have been written. */
static enum hg_status
write_header(struct hg_index_file *file, struct hg_task *task) {
    struct hg_index_header *header = &file->header;
    memcpy(header->magic, "HDINDEX\n", sizeof(header->magic));
    header->version = HG_INDEX_VERSION;
    header->byte_order = 0x01020304;
    header->header_size = sizeof(*header);
    header->sections = HG_SECTION_COUNT;
    header->file_size = file->end;

    /* The last section may be empty, and the file then ends before its place. */
    if (ftruncate(file->fd, (off_t)file->end)) {
        return hg_fail(task, HG_IO, errno, "cannot write an index: %s", strerror(errno));
    }
    return put_header(file, task);
}

static enum hg_status
finish_file(struct hg_index_file *file, struct hg_task *task) {
    enum hg_status status = write_header(file, task);
    if (status != HG_OK) return status;
    if (rename(file->name, file->final)) {
        return hg_fail(task, HG_IO, errno, "cannot write %.100s: %s", file->final, strerror(errno));
    }
    file->writing = false;
    return HG_OK;
}

/* Removes an index that is being written, and cannot be. */
static void
give_up(struct hg_index_file *file) {
    if (file->writing) unlink(file->name);
    file->writing = false;
    file->lost = true;
}

enum hg_status
hg_index_save(const char *path, struct hg_analysis *analysis, struct hg_task *task) {
    struct hg_index_file *file = analysis->index;
    if (file && file->lost) return hg_fail(task, HG_IO, 0, "an index could not be written");
    if (file && !file->writing) return HG_OK;

    enum hg_status status = HG_OK;
    if (!file) status = write_graph(path, analysis, task, &file);
    if (status != HG_OK) return status;

    hg_phase(task, "writing the index", 0);
    status = write_parts(file, analysis, task);
    if (status == HG_OK && !hg_step(task, file->end)) status = HG_STOPPED;
    if (status == HG_OK) status = check_identity(path, &analysis->identity, task);
    if (status == HG_OK) status = finish_file(file, task);
    if (status != HG_OK) give_up(file);
    /* A file in which the graph is stays mapped, even if its name is gone. */
    if (file != analysis->index) hg_index_file_free(file);
    return status;
}

/* -- parts that are computed one by one -- */

/* Adds a part to an index that is being written. */
static enum hg_status
add_new(struct hg_index_file *file, const struct hg_analysis *analysis, enum hg_part part,
        struct hg_task *task) {
    enum hg_status status = write_part(file, analysis, part, task);
    if (status == HG_OK || status == HG_STOPPED) return status;
    give_up(file);
    return status;
}

/*
 * Takes over the header that an open index has now, to change it. If somebody else has written to
 * the file, the new seal must not speak for the parts that are there.
 */
static void
take_header(struct hg_index_file *file, const struct hg_index_header *now) {
    file->header = *now;
    file->end = now->file_size;
    if (!hg_index_is_sealed(file)) memset(file->header.boot, 0, sizeof(file->header.boot));
}

/*
 * Adds a part to an index that was opened, behind its end, so that no mapping of another process
 * changes. A process that reads the header while it is written ignores the index.
 */
static enum hg_status
append(struct hg_index_file *file, const struct hg_analysis *analysis, enum hg_part part,
       struct hg_task *task) {
    struct hg_index_header before;
    if (flock(file->fd, LOCK_EX | LOCK_NB)) return HG_IO;

    enum hg_status status = HG_IO;
    if (hg_index_read_header(file, &analysis->identity, &before) &&
        (!before.has[part] || file->damaged[part])) {
        take_header(file, &before);
        describe_parts(analysis, &file->header);
        status = write_part(file, analysis, part, task);
        if (status == HG_OK) status = write_header(file, task);
        if (status != HG_OK) {
            file->header = before;
            (void)!ftruncate(file->fd, (off_t)before.file_size);
        }
    }
    flock(file->fd, LOCK_UN);
    return status;
}

void
hg_index_note_checked(struct hg_index_file *file, enum hg_part part,
                      const struct hg_identity *identity) {
    struct hg_index_header now;
    struct hg_task task = {0};
    if (!hg_boot() || flock(file->fd, LOCK_EX | LOCK_NB)) return;
    bool same = hg_index_read_header(file, identity, &now) && now.has[part];
    for (int i = 0; i < HG_SECTION_COUNT && same; i++) {
        if (hg_section_part(i) != part) continue;
        same = memcmp(&now.section[i], &file->header.section[i], sizeof(*now.section)) == 0;
    }
    if (same) {
        take_header(file, &now);
        file->header.boot[part] = hg_boot();
        (void)put_header(file, &task);
    }
    flock(file->fd, LOCK_UN);
}

enum hg_status
hg_index_add(struct hg_analysis *analysis, enum hg_part part, struct hg_task *task) {
    struct hg_index_file *file = analysis->index;
    if (!file || file->lost) return HG_OK;

    enum hg_status status;
    if (file->writing) {
        describe_parts(analysis, &file->header);
        status = add_new(file, analysis, part, task);
    }
    else status = append(file, analysis, part, task);
    if (status == HG_STOPPED) {
        hg_parts[part].free(analysis);
        return status;
    }
    /* A full disk is the end of the index, but not of the answer. */
    struct hg_analysis moved = *analysis;
    if (status != HG_OK || hg_index_use(file, part, &moved) != HG_OK) return HG_OK;
    hg_parts[part].free(analysis);
    *analysis = moved;
    hg_parts[part].disown(analysis);
    return HG_OK;
}
