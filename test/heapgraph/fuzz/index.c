/*
 * Any bytes as damage to an index file: parts that are broken count as none, and what is taken from
 * it is what was written. Every input is a list of changes to one and the same index,
 *
 *     mode, then (offset: 3 bytes, length: 1 byte, bytes) …
 *
 * so that its pages of zeroes need not be found by chance. With an odd mode the header's own
 * checksum is mended afterwards, so that what comes behind it is reached as well: then the numbers
 * in it are anybody's, and no answers are compared.
 */
#include "fuzz.h"

#include "records/strings.h"
#include "graph/load.h"
#include "kept/analysis.h"
#include "kept/indexfile.h"
#include "kept/layout.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char text[] =
    "{\"type\":\"ROOT\",\"root\":\"vm\",\"references\":[\"0x1000\",\"0x1028\"]}\n"
    "{\"address\":\"0x1000\",\"type\":\"CLASS\",\"name\":\"Object\",\"class\":\"0x1000\","
    "\"constants\":{\"A\":\"0x1050\"},\"memsize\":504}\n"
    "{\"address\":\"0x1028\",\"type\":\"ARRAY\",\"class\":\"0x1000\",\"elements\":[\"0x1050\","
    "\"0x1078\"],\"memsize\":40,\"file\":\"a.rb\",\"line\":1,\"generation\":3}\n"
    "{\"address\":\"0x1050\",\"type\":\"STRING\",\"class\":\"0x1000\",\"memsize\":5000000000}\n"
    "{\"address\":\"0x1078\",\"type\":\"OBJECT\",\"class\":\"0x1000\",\"ivars\":{\"@a\":\"0x1028\"}"
    ","
    "\"memsize\":40}\n"
    "{\"address\":\"0x10a0\",\"type\":\"OBJECT\",\"class\":\"0x1000\",\"memsize\":40}\n";

static char directory[PATH_MAX], dump[PATH_MAX + 8], name[PATH_MAX + 16];
static char *whole;
static size_t size;
static int fd;
static struct hg_tree expected; // of the undamaged dump; without arrays
static uint32_t nodes;

static void
must(bool is_so) {
    if (!is_so) abort();
}

static void
clean_up(void) {
    unlink(name);
    unlink(dump);
    rmdir(directory);
}

/* Writes the dump and its index, and reads the latter. */
static void
begin(void) {
    struct hg_task task = {0};
    struct hg_analysis analysis;
    struct stat about;
    snprintf(directory, sizeof directory, "%s/fuzz-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    must(mkdtemp(directory));
    setenv("XDG_CACHE_HOME", directory, 1);
    snprintf(dump, sizeof dump, "%s/dump", directory);
    snprintf(name, sizeof name, "%s.hdidx", dump);
    int to = open(dump, O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(to >= 0 && write(to, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && !close(to));
    atexit(clean_up);

    struct hg_source *source;
    struct hg_load_options options = {.threads = 1};
    must(hg_index_open(dump, &task, &analysis) == HG_OK && !analysis.graph);
    must(hg_source_open(dump, &task, &source) == HG_OK);
    must(hg_load(source, &options, &task, &analysis.graph) == HG_OK);
    must(hg_analysis_need(&analysis, HG_PART_TREE, &task) == HG_OK);
    must(hg_analysis_need(&analysis, HG_PART_PARENTS, &task) == HG_OK);
    must(hg_analysis_need(&analysis, HG_PART_INVERSE, &task) == HG_OK);
    must(hg_analysis_need(&analysis, HG_PART_KINDS, &task) == HG_OK);
    must(hg_analysis_need(&analysis, HG_PART_OWN_WAYS, &task) == HG_OK);
    must(hg_index_save(dump, &analysis, &task) == HG_OK);
    expected = analysis.tree;
    nodes = analysis.graph->nodes;
    hg_analysis_free(&analysis);

    fd = open(name, O_RDWR | O_CLOEXEC);
    must(fd >= 0 && fstat(fd, &about) == 0);
    size = (size_t)about.st_size;
    whole = malloc(size);
    must(whole && pread(fd, whole, size, 0) == (ssize_t)size);
}

/* Puts the changes into the file; cut off where `mode` says so. */
static void
damage(const uint8_t *data, size_t left, uint8_t mode) {
    char *bytes = malloc(size);
    must(bytes);
    memcpy(bytes, whole, size);
    for (; left >= 4;) {
        size_t at = (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % size, n = data[3];
        data += 4;
        left -= 4;
        if (n > left) n = left;
        if (n > size - at) n = size - at;
        memcpy(bytes + at, data, n);
        data += n;
        left -= n;
    }
    if (mode & 1) {
        struct hg_index_header header;
        struct hg_sum sum = {0};
        memcpy(&header, bytes, sizeof header);
        hg_sum_add(&sum, &header, offsetof(struct hg_index_header, checksum));
        header.checksum = hg_sum_end(&sum);
        memcpy(bytes, &header, sizeof header);
    }
    size_t kept = mode & 2 ? size - size * mode / 256 : size;
    must(pwrite(fd, bytes, kept, 0) == (ssize_t)kept && ftruncate(fd, (off_t)kept) == 0);
    free(bytes);
}

/* Reads both ends of everything that the parts are said to have. */
static void
touch(const struct hg_index_file *file) {
    for (int i = 0; i < HG_SECTION_COUNT; i++) {
        const struct hg_section *section = &file->header.section[i];
        enum hg_part part = hg_section_part(i);
        if (!file->part[part].memory || !section->size) continue;
        const volatile char *at = file->part[part].memory +
                                  (section->offset - file->part[part].offset);
        (void)at[0];
        (void)at[section->size - 1];
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    if (!whole) begin();
    if (length == 0) return 0;
    uint8_t mode = data[0];
    damage(data + 1, length - 1, mode);

    struct hg_task task = {0};
    struct hg_analysis analysis;
    must(hg_index_open(dump, &task, &analysis) == HG_OK);
    if (analysis.graph && mode & 1) touch(analysis.index);
    else if (analysis.graph) {
        must(hg_analysis_need(&analysis, HG_PART_TREE, &task) == HG_OK);
        must(hg_analysis_need(&analysis, HG_PART_PARENTS, &task) == HG_OK);
        must(hg_analysis_need(&analysis, HG_PART_INVERSE, &task) == HG_OK);
        must(hg_analysis_need(&analysis, HG_PART_KINDS, &task) == HG_OK);
        must(hg_analysis_need(&analysis, HG_PART_OWN_WAYS, &task) == HG_OK);
        touch(analysis.index);
        must(analysis.graph->nodes == nodes && analysis.tree.reached == expected.reached);
        must(hg_retained_at(&analysis.tree, 0) == expected.reachable_bytes);
        must(analysis.tree.unreachable_objects == expected.unreachable_objects);
    }
    hg_analysis_free(&analysis);
    return 0;
}
