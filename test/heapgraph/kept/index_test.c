/*
 * index_test DUMP DIRECTORY: what an index gives back, and what becomes of damaged ones. The dump
 * lies in the directory, which is thrown away afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "records/strings.h"
#include "graph/load.h"
#include "kept/analysis.h"
#include "kept/indexfile.h"
#include "kept/layout.h"

uint64_t check_seed;
static struct hg_task task;
static char dump[1000], index_name[1100], cache[1100];

static void
load(struct hg_analysis *analysis) {
    struct hg_source *source;
    struct hg_load_options options = {.threads = 1}; /* numbers strings the same each time */
    CHECK_EQUAL(HG_OK, hg_source_open(dump, &task, &source));
    CHECK_EQUAL(HG_OK, hg_load(source, &options, &task, &analysis->graph));
}

static void
compute(struct hg_analysis *analysis) {
    CHECK_EQUAL(HG_OK, hg_analysis_need(analysis, HG_PART_TREE, &task));
    CHECK_EQUAL(HG_OK, hg_analysis_need(analysis, HG_PART_PARENTS, &task));
    CHECK_EQUAL(HG_OK, hg_analysis_need(analysis, HG_PART_INVERSE, &task));
    CHECK_EQUAL(HG_OK, hg_analysis_need(analysis, HG_PART_KINDS, &task));
    CHECK_EQUAL(HG_OK, hg_analysis_need(analysis, HG_PART_OWN_WAYS, &task));
}

static uint64_t
number_of(const struct hg_column *column, struct hg_number_kind kind, uint64_t i) {
    if (kind.size == 1) return hg_u8(column, i);
    return kind.size == 8 ? hg_u64(column, i) : hg_u32(column, i, kind.top);
}

static void
check_column(const struct hg_column *a, const struct hg_column *b, struct hg_number_kind kind,
             uint64_t count) {
    CHECK(count == 0 || (hg_has_column(a) && hg_has_column(b)));
    for (uint64_t i = 0; i < count; i++) CHECK_EQUAL(number_of(a, kind, i), number_of(b, kind, i));
}

/* Every array and column of one analysis against that of another. */
static void
check_same(const struct hg_analysis *a, const struct hg_analysis *b) {
    struct hg_index_header header = {
        .objects = a->graph->objects,
        .roots = a->graph->roots,
        .nodes = a->graph->nodes,
        .edges = a->graph->edges,
        .large = a->graph->large,
        .locations = hg_has_column(&a->graph->location),
        .generations = hg_has_column(&a->graph->generation),
        .lines = hg_has_column(&a->graph->line),
        .strings = a->graph->strings->count,
        .string_bytes = a->graph->strings->offset[a->graph->strings->count],
        .units = a->graph->index->units,
        .reached = a->tree.reached,
        .kinds = a->kinds.count,
        .outlined = a->kinds.outlined,
        .referred = a->inverse.referred,
        .on_ways = a->own_ways.reached,
        .trails = a->own_ways.count,
        .firsts = a->own_ways.firsts,
    };
    CHECK_EQUAL(a->graph->nodes, b->graph->nodes);
    CHECK_EQUAL(a->graph->objects, b->graph->objects);
    CHECK_EQUAL(a->graph->edges, b->graph->edges);
    CHECK_EQUAL(a->graph->large, b->graph->large);
    CHECK_EQUAL(a->graph->strings->count, b->graph->strings->count);
    CHECK_EQUAL(a->graph->index->units, b->graph->index->units);
    CHECK_EQUAL(a->tree.reached, b->tree.reached);
    CHECK_EQUAL(a->kinds.count, b->kinds.count);
    CHECK_EQUAL(a->kinds.outlined, b->kinds.outlined);
    CHECK_EQUAL(a->inverse.referred, b->inverse.referred);
    CHECK_EQUAL(a->own_ways.reached, b->own_ways.reached);
    CHECK_EQUAL(a->own_ways.count, b->own_ways.count);
    CHECK_EQUAL(a->own_ways.firsts, b->own_ways.firsts);
    CHECK_EQUAL(a->tree.reachable_bytes, b->tree.reachable_bytes);
    CHECK_EQUAL(a->tree.unreachable_objects, b->tree.unreachable_objects);
    CHECK(memcmp(&a->graph->account, &b->graph->account, sizeof(a->graph->account)) == 0);
#define COMPARE_ARRAY(part, name, array, element, count)                                           \
    {                                                                                              \
        const struct hg_index_header *h = &header;                                                 \
        uint64_t size = (element) * (uint64_t)(count);                                             \
        CHECK(size == 0 || (a->array && b->array && memcmp(a->array, b->array, size) == 0));       \
    }
    HG_ARRAYS(COMPARE_ARRAY)
#undef COMPARE_ARRAY
#define COMPARE_COLUMN(part, name, column, size, top, count)                                       \
    {                                                                                              \
        const struct hg_index_header *h = &header;                                                 \
        check_column(&a->column, &b->column, (struct hg_number_kind){size, top}, count);           \
    }
    HG_COLUMNS(COMPARE_COLUMN)
#undef COMPARE_COLUMN
}

/* The same questions get the same answers, those that read the dump again as well. */
static void
check_answers(const struct hg_analysis *a, const struct hg_analysis *b) {
    const struct hg_graph *graph = a->graph;
    uint32_t step = graph->objects / 100 + 1;
    for (uint32_t node = 0; node < graph->objects; node += step) {
        struct hg_buffer one = {0}, two = {0};
        const char *text[2];
        size_t size[2];
        uint64_t address = hg_address(graph, node);
        CHECK_EQUAL(address, hg_address(b->graph, node));
        CHECK_EQUAL(node, hg_node_at(b->graph, address));
        CHECK_EQUAL(hg_memsize(graph, node), hg_memsize(b->graph, node));
        CHECK_EQUAL(hg_real_class(graph, node), hg_real_class(b->graph, node));
        CHECK_EQUAL(HG_OK, hg_line(graph, node, &task, &one, &text[0], &size[0]));
        CHECK_EQUAL(HG_OK, hg_line(b->graph, node, &task, &two, &text[1], &size[1]));
        CHECK(size[0] == size[1] && memcmp(text[0], text[1], size[0]) == 0);
        hg_buffer_free(&one);
        hg_buffer_free(&two);
    }
}

static bool
exists(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0;
}

/* Opens the index; whether there was one. */
static bool
reopen(struct hg_analysis *analysis) {
    CHECK_EQUAL(HG_OK, hg_index_open(dump, &task, analysis));
    return analysis->graph != NULL;
}

/* With and without the graph in the file while the rest was computed. */
static void
test_round_trip(const struct hg_analysis *fresh, bool begin) {
    struct hg_analysis written, read;
    struct stat about;
    CHECK(!reopen(&written));
    load(&written);
    if (begin) {
        CHECK_EQUAL(HG_OK, hg_index_begin(dump, &written, &task));
        CHECK(!exists(index_name));
    }
    if (begin) {
        task.stop = 1;
        CHECK_EQUAL(HG_STOPPED, hg_analysis_need_all(&written, &task));
        task.stop = 0;
        CHECK(!written.tree.owned && !written.parents.owned && !written.inverse.owned);
    }
    CHECK_EQUAL(HG_OK, hg_analysis_need_all(&written, &task)); // two threads at once
    compute(&written);
    CHECK_EQUAL(begin, !written.tree.owned && !written.parents.owned && !written.inverse.owned);
    check_same(fresh, &written);
    CHECK_EQUAL(HG_OK, hg_index_save(dump, &written, &task));
    check_same(fresh, &written);
    CHECK(stat(index_name, &about) == 0);
    CHECK_EQUAL(0600, about.st_mode & 0777);

    CHECK(reopen(&read));
    compute(&read);
    CHECK(!read.tree.owned && !read.parents.owned && !read.inverse.owned && !read.kinds.owned);
    CHECK(!read.own_ways.owned);
    check_same(fresh, &read);
    check_answers(fresh, &read);
    CHECK_EQUAL(HG_OK, hg_index_save(dump, &read, &task));
    hg_analysis_free(&read);
    hg_analysis_free(&written);
    CHECK(unlink(index_name) == 0);
}

/* 0 if there is none beside the dump. */
static uint64_t
index_size(void) {
    struct stat about;
    return stat(index_name, &about) == 0 ? (uint64_t)about.st_size : 0;
}

/* An index of the graph alone: the rest is computed, and added unless somebody else is adding. */
static void
test_part(const struct hg_analysis *fresh) {
    struct hg_analysis written, read;
    CHECK(!reopen(&written));
    load(&written);
    CHECK_EQUAL(HG_OK, hg_index_save(dump, &written, &task));
    hg_analysis_free(&written);

    uint64_t size = index_size();
    int fd = open(index_name, O_RDONLY);
    CHECK(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK(reopen(&read));
    compute(&read);
    CHECK(read.tree.owned && read.parents.owned && read.inverse.owned && read.kinds.owned);
    CHECK(read.own_ways.owned);
    check_same(fresh, &read);
    CHECK_EQUAL(size, index_size());
    hg_analysis_free(&read);
    close(fd);

    /* Two at once: what one has added, the other keeps for itself. */
    CHECK(reopen(&read) && reopen(&written));
    CHECK_EQUAL(HG_OK, hg_analysis_need(&read, HG_PART_TREE, &task));
    CHECK_EQUAL(HG_OK, hg_analysis_need(&written, HG_PART_TREE, &task));
    CHECK(!read.tree.owned && written.tree.owned);
    CHECK_EQUAL(HG_OK, hg_analysis_need(&written, HG_PART_INVERSE, &task));
    CHECK_EQUAL(HG_OK, hg_analysis_need(&read, HG_PART_PARENTS, &task));
    compute(&written);
    compute(&read);
    check_same(fresh, &read);
    check_same(fresh, &written);
    hg_analysis_free(&read);
    check_same(fresh, &written);
    hg_analysis_free(&written);

    size = index_size();
    CHECK(reopen(&read));
    task.stop = 1;
    CHECK_EQUAL(HG_STOPPED, hg_analysis_need(&read, HG_PART_TREE, &task));
    task.stop = 0;
    compute(&read);
    CHECK(!read.tree.owned && !read.parents.owned && !read.inverse.owned && !read.kinds.owned);
    CHECK(!read.own_ways.owned);
    check_same(fresh, &read);
    CHECK_EQUAL(size, index_size());
    hg_analysis_free(&read);
    CHECK(unlink(index_name) == 0);
}

static void
save(void) {
    struct hg_analysis analysis;
    CHECK(!reopen(&analysis));
    load(&analysis);
    compute(&analysis);
    CHECK_EQUAL(HG_OK, hg_index_save(dump, &analysis, &task));
    hg_analysis_free(&analysis);
}

/* The file as it was written. */
struct image {
    uint8_t *bytes;
    size_t size;
};

static struct image
read_index(void) {
    struct image image = {.size = index_size()};
    int fd = open(index_name, O_RDONLY);
    image.bytes = malloc(image.size);
    CHECK(fd >= 0 && image.bytes);
    CHECK(pread(fd, image.bytes, image.size, 0) == (ssize_t)image.size);
    close(fd);
    return image;
}

/* Puts it in place anew, cut off after `size` bytes. */
static void
write_index(const struct image *image, size_t size) {
    (void)unlink(index_name);
    int fd = open(index_name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    CHECK(fd >= 0 && write(fd, image->bytes, size) == (ssize_t)size);
    close(fd);
}

/* Opens what may be damaged: it counts as none, or as a part of one, and all numbers are right. */
static bool
check_damaged(const struct hg_analysis *fresh) {
    struct hg_analysis read;
    uint64_t size = index_size();
    bool all = reopen(&read);
    if (all) {
        compute(&read);
        check_same(fresh, &read);
        all = index_size() == size;
    }
    hg_analysis_free(&read);
    return all;
}

/* Whether a byte of the file belongs to a section or to the header. */
static bool
matters(const struct hg_index_header *header, uint64_t byte) {
    if (byte < sizeof(*header)) return true;
    for (int i = 0; i < HG_SECTION_COUNT; i++) {
        const struct hg_section *section = &header->section[i];
        if (byte >= section->offset && byte < section->offset + section->size) return true;
    }
    return false;
}

static void
test_damage(const struct hg_analysis *fresh) {
    struct random random = {7};
    struct hg_index_header header;
    save();
    struct image image = read_index();
    CHECK(image.size > sizeof(header));
    memcpy(&header, image.bytes, sizeof(header));
    CHECK(check_damaged(fresh));

    for (check_seed = 1; check_seed <= 300; check_seed++) {
        uint64_t byte = random_next(&random) % (check_seed % 2 ? sizeof(header) : image.size);
        uint8_t bits = (uint8_t)(1u << random_below(&random, 8));
        image.bytes[byte] ^= bits;
        write_index(&image, image.size);
        image.bytes[byte] ^= bits;
        CHECK_EQUAL(!matters(&header, byte), check_damaged(fresh));
        /* A part that was damaged has been added again, a graph that was is for the next load. */
        if (byte >= header.section[hg_frame_section(HG_COLUMN_POSITION)].offset)
            CHECK(check_damaged(fresh));
    }
    for (check_seed = 1; check_seed <= 40; check_seed++) {
        size_t size = check_seed < 4 ? check_seed - 1 : random_next(&random) % image.size;
        write_index(&image, size);
        CHECK(!check_damaged(fresh));
        write_index(&image, size);
        CHECK(truncate(index_name, (off_t)image.size) == 0);
        CHECK(!check_damaged(fresh));
    }
    /* What a writer left behind that was killed while it added a part. */
    write_index(&image, image.size);
    CHECK(truncate(index_name, (off_t)image.size + 12345) == 0);
    CHECK(check_damaged(fresh));
    check_seed = 0;
    free(image.bytes);
    CHECK(unlink(index_name) == 0);
}

/* Gives the index another header, and the seal that goes with it. */
static void
write_sealed(struct hg_index_header *header) {
    struct hg_sum sum = {0};
    hg_sum_add(&sum, header, offsetof(struct hg_index_header, checksum));
    header->checksum = hg_sum_end(&sum);
    struct hg_index_file file = {.fd = open(index_name, O_RDWR), .header = *header};
    CHECK(file.fd >= 0 && pwrite(file.fd, header, sizeof(*header), 0) == sizeof(*header));
    CHECK(!hg_index_is_sealed(&file));
    hg_index_seal(&file);
    CHECK(hg_index_is_sealed(&file));
    close(file.fd);
}

static void
read_header(struct hg_index_header *header) {
    int fd = open(index_name, O_RDONLY);
    CHECK(fd >= 0 && pread(fd, header, sizeof(*header), 0) == sizeof(*header));
    close(fd);
}

/* Whether the paths are taken from the index, and not built and added once more. */
static bool
takes_paths(void) {
    struct hg_analysis analysis;
    uint64_t size = index_size();
    CHECK(reopen(&analysis));
    CHECK_EQUAL(HG_OK, hg_analysis_need(&analysis, HG_PART_PARENTS, &task));
    bool taken = index_size() == size;
    hg_analysis_free(&analysis);
    return taken;
}

static void
change_byte(uint64_t offset) {
    char byte;
    int fd = open(index_name, O_RDWR);
    CHECK(fd >= 0 && pread(fd, &byte, 1, (off_t)offset) == 1);
    byte ^= 1;
    CHECK(pwrite(fd, &byte, 1, (off_t)offset) == 1);
    close(fd);
}

/*
 * A part is not read to be checked if it was checked since the machine was started and nobody has
 * written to the file; otherwise it is, and that is noted.
 */
static void
test_seal(void) {
    struct hg_index_header header, after;
    save();
    read_header(&header);
    for (int part = 0; part < HG_PARTS; part++) CHECK_EQUAL(hg_boot(), header.boot[part]);
    int number = hg_frame_section(HG_COLUMN_MODULE);
    uint64_t offset = header.section[number].offset + header.section[number].size - 1;

    change_byte(offset);
    write_sealed(&header);
    if (hg_boot())
        CHECK(takes_paths());          // only the seal says that this is the file that was written
    header.boot[HG_PART_PARENTS] ^= 1; // as if the machine had been started again
    write_sealed(&header);
    CHECK(!takes_paths());
    CHECK(takes_paths());

    read_header(&header);
    for (int round = 0; round < 2 && hg_boot(); round++) {
        if (round) header.boot[HG_PART_PARENTS] ^= 1;
        if (round) write_sealed(&header);
        else CHECK(utimensat(AT_FDCWD, index_name, NULL, 0) == 0);
        CHECK(takes_paths());
        read_header(&after);
        CHECK_EQUAL(hg_boot(), after.boot[HG_PART_PARENTS]);
        header = after;
        struct hg_index_file file = {.fd = open(index_name, O_RDONLY), .header = after};
        CHECK(hg_index_is_sealed(&file));
        close(file.fd);
    }
    CHECK(unlink(index_name) == 0);
}

/* A dump with the same name and size but another time or content has no index yet. */
static void
test_other_dump(const struct hg_analysis *fresh) {
    struct stat about;
    save();
    CHECK(stat(dump, &about) == 0);
    struct timespec times[2] = {about.st_atim, about.st_mtim};
    times[1].tv_nsec ^= 1;
    CHECK(utimensat(AT_FDCWD, dump, times, 0) == 0);
    CHECK(!check_damaged(fresh));

    times[1] = about.st_mtim;
    CHECK(utimensat(AT_FDCWD, dump, times, 0) == 0);
    CHECK(check_damaged(fresh));
    char last;
    int fd = open(dump, O_RDWR);
    CHECK(fd >= 0 && pread(fd, &last, 1, about.st_size - 1) == 1);
    CHECK(pwrite(fd, " ", 1, about.st_size - 1) == 1);
    CHECK(utimensat(AT_FDCWD, dump, times, 0) == 0);
    CHECK(!check_damaged(fresh));
    CHECK(pwrite(fd, &last, 1, about.st_size - 1) == 1);
    close(fd);
    CHECK(utimensat(AT_FDCWD, dump, times, 0) == 0);
    CHECK(check_damaged(fresh));
    CHECK(unlink(index_name) == 0);
}

/* Nothing is left where writing was stopped, or the dump was replaced while it was read. */
static void
test_not_saved(void) {
    struct hg_analysis analysis;
    for (int begun = 0; begun < 2; begun++) {
        CHECK(!reopen(&analysis));
        load(&analysis);
        if (begun) CHECK_EQUAL(HG_OK, hg_index_begin(dump, &analysis, &task));
        task.stop = 1;
        CHECK_EQUAL(HG_STOPPED, hg_analysis_need(&analysis, HG_PART_TREE, &task));
        CHECK(!analysis.tree.reached && !analysis.tree.owned);
        task.stop = 0;
        CHECK_EQUAL(HG_OK, hg_analysis_need(&analysis, HG_PART_TREE, &task));
        task.stop = 1;
        CHECK_EQUAL(HG_STOPPED, hg_index_save(dump, &analysis, &task));
        task.stop = 0;
        CHECK_EQUAL(HG_OK, hg_analysis_need(&analysis, HG_PART_PARENTS, &task));
        hg_analysis_free(&analysis);
        CHECK(!exists(index_name));
    }
    CHECK(!reopen(&analysis));
    load(&analysis);
    CHECK_EQUAL(HG_OK, hg_index_begin(dump, &analysis, &task));
    analysis.identity.nanoseconds++;
    CHECK_EQUAL(HG_IO, hg_index_save(dump, &analysis, &task));
    CHECK(strstr(task.message, "changed"));
    hg_analysis_free(&analysis);

    CHECK(!reopen(&analysis));
    load(&analysis);
    CHECK_EQUAL(HG_OK, hg_index_begin(dump, &analysis, &task));
    hg_analysis_free(&analysis);
    CHECK(!exists(index_name));
}

/* Where the name is taken by what cannot be replaced, the cache folder has the index. */
static void
test_cache(const struct hg_analysis *fresh) {
    struct hg_analysis analysis;
    char partial[1300];
    snprintf(partial, sizeof(partial), "%s.partial-%ld", index_name, (long)getpid());
    CHECK(mkdir(partial, 0700) == 0);
    save();
    CHECK(!exists(index_name));
    CHECK(check_damaged(fresh));
    char *name = hg_index_in_cache(dump, false);
    CHECK(name && strncmp(name, cache, strlen(cache)) == 0 && exists(name));
    CHECK(unlink(name) == 0);

    /* Neither place: the question is answered all the same. */
    CHECK(setenv("XDG_CACHE_HOME", "/proc/nowhere", 1) == 0);
    CHECK(!reopen(&analysis));
    load(&analysis);
    CHECK_EQUAL(HG_IO, hg_index_begin(dump, &analysis, &task));
    compute(&analysis);
    CHECK_EQUAL(HG_IO, hg_index_save(dump, &analysis, &task));
    CHECK(task.message[0]);
    check_same(fresh, &analysis);
    hg_analysis_free(&analysis);
    CHECK(setenv("XDG_CACHE_HOME", cache, 1) == 0);
    CHECK(rmdir(partial) == 0);
    free(name);
}

/* A symbolic link in the index's place is neither read nor written through. */
static void
test_link(const struct hg_analysis *fresh) {
    char other[1200];
    snprintf(other, sizeof(other), "%s.other", index_name);
    save();
    CHECK(rename(index_name, other) == 0);
    CHECK(symlink(other, index_name) == 0);
    CHECK(!check_damaged(fresh));
    save();
    CHECK(check_damaged(fresh));
    CHECK(unlink(index_name) == 0 && unlink(other) == 0);
}

int
main(int count, char **arguments) {
    CHECK_EQUAL(3, (uint64_t)count);
    snprintf(dump, sizeof(dump), "%s", arguments[1]);
    snprintf(index_name, sizeof(index_name), "%s.hdidx", dump);
    snprintf(cache, sizeof(cache), "%s/cache", arguments[2]);
    CHECK(setenv("XDG_CACHE_HOME", cache, 1) == 0);

    struct hg_analysis fresh;
    CHECK(!reopen(&fresh));
    load(&fresh);
    compute(&fresh);
    test_round_trip(&fresh, false);
    test_round_trip(&fresh, true);
    test_part(&fresh);
    test_damage(&fresh);
    test_seal();
    test_other_dump(&fresh);
    test_not_saved();
    test_cache(&fresh);
    test_link(&fresh);
    hg_analysis_free(&fresh);
    return 0;
}
