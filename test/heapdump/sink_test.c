/*
 * sink.c, writer.c and codec.c: what is put in comes out whole, in order where there is one writer,
 * line by line where there are several; errors stay and do no harm.
 */
#include "../../ext/heapdump/json.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../heapgraph/check.h"

uint64_t check_seed;

enum { ROUNDS = 12, WORKERS = 3, LINES = 300 };

/* A file without a name. */
static int
open_file(void) {
    FILE *file = tmpfile();
    CHECK(file);
    int fd = dup(fileno(file));
    fclose(file);
    return fd;
}

static char *
read_all(int fd, size_t *size) {
    *size = (size_t)lseek(fd, 0, SEEK_END);
    char *bytes = malloc(*size + 1);
    CHECK(pread(fd, bytes, *size, 0) == (ssize_t)*size);
    bytes[*size] = 0;
    return bytes;
}

/* ---- one writer ---- */

/* A list whose elements are up to a few pages long, of `size` bytes or more, kept in `copy` too. */
static void
put_list(struct hd_sink *sink, struct random *random, size_t size, char **copy, size_t *copied) {
    static char filling[HD_SINK_MAX_RESERVE];
    *copy = malloc(size + 2 * sizeof filling);
    memset(filling, 'x', sizeof filling);
    HD_PUT(sink, "[");
    (*copy)[0] = '[';
    *copied = 1;
    while (*copied < size) {
        size_t n = 1 + random_below(random, random_chance(random, 10) ? HD_SINK_MAX_RESERVE : 40);
        filling[n - 1] = ',';
        hd_put_bytes(sink, filling, n);
        memcpy(*copy + *copied, filling, n);
        filling[n - 1] = 'x';
        *copied += n;
    }
    hd_json_close(sink, ']'); // replaces the comma, even if it is the last byte of a block
    (*copy)[*copied - 1] = ']';
}

static void
test_memory(struct random *random) {
    struct hd_sink sink;
    char *copy;
    size_t copied;
    CHECK_EQUAL(0, hd_sink_open_memory(&sink));
    put_list(&sink, random, random_below(random, 300000), &copy, &copied);
    CHECK_EQUAL(copied, hd_sink_bytes(&sink));
    CHECK(memcmp(sink.block, copy, copied) == 0);
    free(copy);
    hd_sink_free(&sink);
}

/* What a file holds when it is unpacked by somebody else's program. */
static char *
unpack(int fd, enum hd_compression compression, size_t *size) {
    if (compression == HD_PLAIN) return read_all(fd, size);
    char command[100];
    snprintf(command, sizeof command, "%s -dc </proc/%d/fd/%d",
             compression == HD_GZIP ? "gzip" : "zstd", (int)getpid(), fd);
    FILE *pipe = popen(command, "r");
    CHECK(pipe);
    size_t capacity = 1 << 24;
    char *bytes = malloc(capacity);
    *size = fread(bytes, 1, capacity, pipe);
    CHECK_EQUAL(0, pclose(pipe));
    return bytes;
}

static void
test_file(struct random *random, enum hd_compression compression) {
    if (!hd_codec_load(compression)) return;
    struct hd_sink sink;
    char *copy;
    size_t copied, size;
    uint64_t written;
    int fd = open_file();
    CHECK_EQUAL(0, hd_sink_open(&sink, fd, compression, NULL));
    put_list(&sink, random, random_below(random, 5 * HD_BLOCK_SIZE), &copy, &copied);
    CHECK_EQUAL(copied, hd_sink_bytes(&sink));
    CHECK_EQUAL(0, hd_sink_finish(&sink, &written));
    CHECK_EQUAL((uint64_t)lseek(fd, 0, SEEK_END), written);
    char *bytes = unpack(fd, compression, &size);
    CHECK_EQUAL(copied, size);
    CHECK(memcmp(bytes, copy, size) == 0);
    free(bytes);
    free(copy);
    hd_sink_free(&sink);
    close(fd);
}

/* What is put between the two is gone, whatever its size. */
static void
test_muted(struct random *random) {
    struct hd_sink sink;
    char *copy;
    size_t copied, size;
    uint64_t written;
    int fd = open_file();
    CHECK_EQUAL(0, hd_sink_open(&sink, fd, HD_PLAIN, NULL));
    HD_PUT(&sink, "before ");
    hd_sink_mute(&sink);
    put_list(&sink, random, random_below(random, 3 * HD_BLOCK_SIZE), &copy, &copied);
    hd_sink_unmute(&sink);
    HD_PUT(&sink, "after");
    CHECK_EQUAL(0, hd_sink_finish(&sink, &written));
    char *bytes = read_all(fd, &size);
    CHECK(strcmp(bytes, "before after") == 0);
    free(bytes);
    free(copy);
    hd_sink_free(&sink);
    close(fd);
}

static void
test_dropped(void) {
    struct hd_sink sink;
    size_t size;
    uint64_t written;
    int fd = open_file();
    CHECK_EQUAL(0, hd_sink_open(&sink, fd, HD_PLAIN, NULL));
    HD_PUT(&sink, "one\n");
    CHECK(!hd_sink_end_line(&sink));
    HD_PUT(&sink, "half of t");
    CHECK(hd_sink_drop_line(&sink));
    HD_PUT(&sink, "three\n");
    CHECK(!hd_sink_end_line(&sink));
    CHECK_EQUAL(0, hd_sink_finish(&sink, &written));
    char *bytes = read_all(fd, &size);
    CHECK(strcmp(bytes, "one\nthree\n") == 0);
    free(bytes);
    hd_sink_free(&sink);
    close(fd);
}

/* ---- errors ---- */

static void
test_error(struct random *random, int fd, int wanted, struct hd_shared *shared) {
    struct hd_sink sink;
    char *copy;
    size_t copied;
    uint64_t written;
    CHECK(fd >= 0);
    CHECK_EQUAL(0, hd_sink_open(&sink, fd, HD_PLAIN, shared));
    for (int i = 0; i < 3; i++) {
        put_list(&sink, random, 3 * HD_BLOCK_SIZE, &copy, &copied);
        free(copy);
        while (hd_sink_end_line(&sink)) HD_PUT(&sink, "once more\n");
    }
    CHECK_EQUAL(wanted, hd_sink_finish(&sink, &written));
    CHECK_EQUAL(0, written);
    CHECK_EQUAL(wanted, sink.error);
    hd_sink_free(&sink);
    close(fd);
}

static void
test_errors(struct random *random) {
    struct hd_shared shared = {0};
    test_error(random, open("/dev/full", O_WRONLY), ENOSPC, NULL);
    test_error(random, open("/dev/null", O_RDONLY), EBADF, NULL);
    test_error(random, open("/dev/null", O_RDONLY), EBADF, &shared);
}

/* ---- several writers, one file ---- */

struct worker {
    pthread_t thread;
    struct hd_shared *shared;
    int fd, number;
    uint64_t bytes;
};

/* "worker line length xxx…\n": some lines are longer than a block. */
static size_t
length_of(int worker, int line) {
    struct random random = {check_seed * 1000003 + (uint64_t)worker * 1009 + (uint64_t)line};
    if (random_chance(&random, 1))
        return HD_BLOCK_SIZE / 2 + random_below(&random, 2 * HD_BLOCK_SIZE);
    return random_below(&random, random_chance(&random, 5) ? 50000 : 500);
}

static void
put_line(struct hd_sink *sink, int worker, int line) {
    static const char filling[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    size_t n = length_of(worker, line);
    hd_put_u64(sink, (uint64_t)worker);
    HD_PUT(sink, " ");
    hd_put_u64(sink, (uint64_t)line);
    HD_PUT(sink, " ");
    hd_put_u64(sink, n);
    HD_PUT(sink, " ");
    for (; n > 0; n -= n < 63 ? n : 63) hd_put_bytes(sink, filling, n < 63 ? n : 63);
    HD_PUT(sink, "\n");
}

static void *
work(void *arg) {
    struct worker *worker = arg;
    struct hd_sink sink;
    uint64_t written;
    CHECK_EQUAL(0, hd_sink_open(&sink, worker->fd, HD_PLAIN, worker->shared));
    for (int line = 0; line < LINES; line++) {
        do put_line(&sink, worker->number, line);
        while (hd_sink_end_line(&sink));
    }
    CHECK_EQUAL(0, hd_sink_finish(&sink, &written));
    worker->bytes = hd_sink_bytes(&sink);
    CHECK_EQUAL(written, worker->bytes);
    hd_sink_free(&sink);
    return NULL;
}

/* Every line once, whole, and nothing else. */
static void
check_lines(char *bytes, size_t size) {
    static bool seen[WORKERS][LINES];
    memset(seen, 0, sizeof seen);
    size_t lines = 0;
    for (char *line = bytes; line < bytes + size; lines++) {
        char *end;
        int worker = (int)strtol(line, &end, 10);
        int number = (int)strtol(end, &end, 10);
        size_t length = strtoul(end, &end, 10);
        CHECK(worker >= 0 && worker < WORKERS && number >= 0 && number < LINES && *end == ' ');
        CHECK(!seen[worker][number]);
        seen[worker][number] = true;
        CHECK_EQUAL(length_of(worker, number), length);
        CHECK_EQUAL(length, strspn(end + 1, "x"));
        line = end + 1 + length;
        CHECK(*line++ == '\n');
    }
    CHECK_EQUAL(WORKERS * LINES, lines);
}

static void
test_shared(void) {
    struct worker workers[WORKERS];
    struct hd_shared shared = {0};
    int fd = open_file();
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.shared = &shared, .fd = fd, .number = i};
        CHECK_EQUAL(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
    }
    uint64_t bytes = 0;
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        bytes += workers[i].bytes;
    }
    size_t size;
    char *all = read_all(fd, &size);
    CHECK_EQUAL(bytes, size);
    CHECK_EQUAL(shared.offset, size);
    check_lines(all, size);
    free(all);
    close(fd);
}

int
main(void) {
    for (check_seed = 0; check_seed < ROUNDS; check_seed++) {
        struct random random = {check_seed};
        test_memory(&random);
        test_file(&random, HD_PLAIN);
        test_file(&random, HD_GZIP);
        test_file(&random, HD_ZSTD);
        test_muted(&random);
        test_errors(&random);
        test_shared();
    }
    test_dropped();
    return 0;
}
