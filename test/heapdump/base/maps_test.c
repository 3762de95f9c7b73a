/*
 * maps.c: lines of /proc/PID/maps, however the kernel hands them out.
 */
#include "base/maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

struct seen {
    size_t size;
    struct hd_mapping first, last;
    char last_path[8192];
};

static void
see(const struct hd_mapping *mapping, void *data) {
    struct seen *seen = data;
    if (seen->size++ == 0) seen->first = *mapping;
    seen->last = *mapping;
    snprintf(seen->last_path, sizeof seen->last_path, "%s", mapping->path);
}

/* Reads a text as a file. */
static bool
read_text(const char *text, size_t size, struct seen *seen) {
    FILE *file = tmpfile();
    *seen = (struct seen){0};
    CHECK(file != NULL);
    CHECK_EQUAL(size, fwrite(text, 1, size, file));
    CHECK_EQUAL(0, (uint64_t)fflush(file));
    CHECK_EQUAL(0, (uint64_t)lseek(fileno(file), 0, SEEK_SET));
    bool whole = hd_maps_each(fileno(file), see, seen);
    fclose(file);
    return whole;
}

static void
test_a_line(void) {
    static const char text[] =
        "7f00504f7000-7f00504f9000 r-xp 00031000 fe:00 354978            /usr/lib/a b.so "
        "(deleted)\n"
        "7ffd7bb54000-7ffd7c353000 rw-s 00000000 00:00 0                 [stack]\n"
        "no line\n"
        "7f0050500000-7f0050501000 ---p 00000000 00:00 0 \n";
    struct seen seen;
    CHECK(read_text(text, strlen(text), &seen));
    CHECK_EQUAL(3, seen.size);
    CHECK_EQUAL(0x7f00504f7000, seen.first.start);
    CHECK_EQUAL(0x7f00504f9000, seen.first.end);
    CHECK(seen.first.readable && !seen.first.writable && seen.first.executable);
    CHECK(!seen.first.shared);
    CHECK_EQUAL(0x7f0050500000, seen.last.start);
    CHECK(!seen.last.readable && !seen.last.writable && !seen.last.executable);
    CHECK(seen.last_path[0] == '\0');
    CHECK(read_text(text, strlen(text) / 2 + 40, &seen) == false); // the last line has no end
    CHECK(strcmp(seen.last_path, "[stack]") == 0 || seen.size == 1);
}

/* Many more lines than are read at once, with paths as long as there can be. */
static void
test_many_lines(void) {
    enum { LINES = 5000, LONG = 4095 };
    static char text[LINES * 64 + LONG * 50], path[LONG + 1];
    size_t size = 0;
    struct seen seen;
    memset(path, 'x', LONG);
    path[0] = '/';
    for (int i = 0; i < LINES; i++) {
        size += (size_t)sprintf(text + size, "%x000-%x000 rw-p 0 fe:00 1 %s\n", i, i + 1,
                                i % 101 == 0 ? path : "/lib/x.so");
    }
    size += (size_t)sprintf(text + size, "%x000-%x000 rw-p 0 fe:00 1 %s\n", LINES, LINES + 1, path);
    CHECK(read_text(text, size, &seen));
    CHECK_EQUAL(LINES + 1, seen.size);
    CHECK_EQUAL((uint64_t)LINES << 12, seen.last.start);
    CHECK(strcmp(seen.last_path, path) == 0);
}

static void
test_a_line_that_is_too_long(void) {
    enum { SIZE = 16 << 10 };
    static char text[2 * SIZE];
    struct seen seen;
    memset(text, 'x', sizeof text);
    CHECK(!read_text(text, sizeof text, &seen));
    CHECK_EQUAL(0, seen.size);
    CHECK(!hd_maps_each(-1, see, &seen));
}

int
main(void) {
    test_a_line();
    test_many_lines();
    test_a_line_that_is_too_long();
    return 0;
}
