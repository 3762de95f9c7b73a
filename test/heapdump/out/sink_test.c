/*
 * sink.c, writer.c and codec.c: what is put in comes out whole, in order where there is one writer,
 * line by line where there are several; errors stay and do no harm.
 */
#include "out/json.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../../heapgraph/check.h"

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
    size_t capacity = 1 << 26;
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
    CHECK_EQUAL(copied, hd_sink_bytes(&sink));
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
    hd_sink_end_line(&sink);
    HD_PUT(&sink, "half of t");
    CHECK(hd_sink_drop_line(&sink));
    HD_PUT(&sink, "three\n");
    hd_sink_end_line(&sink);
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
        HD_PUT(&sink, "\n");
        hd_sink_end_line(&sink);
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
    CHECK_EQUAL(0, hd_shared_init(&shared, -1));
    test_error(random, open("/dev/full", O_WRONLY), ENOSPC, NULL);
    test_error(random, open("/dev/null", O_RDONLY), EBADF, NULL);
    test_error(random, open("/dev/null", O_RDONLY), EBADF, &shared);
}

/* ---- several writers, one file ---- */

struct worker {
    pthread_t thread;
    struct hd_shared *shared;
    enum hd_compression compression;
    int fd, number;
    uint64_t bytes, written;
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

/* Each line once, and before some of them one that is taken back, of any length. */
static void *
work(void *arg) {
    struct worker *worker = arg;
    struct random random = {check_seed * 31 + (uint64_t)worker->number};
    struct hd_sink sink;
    CHECK_EQUAL(0, hd_sink_open(&sink, worker->fd, worker->compression, worker->shared));
    for (int line = 0; line < LINES; line++) {
        if (random_chance(&random, 5)) {
            put_line(&sink, worker->number, (int)random_below(&random, LINES));
            CHECK(hd_sink_drop_line(&sink));
        }
        put_line(&sink, worker->number, line);
        hd_sink_end_line(&sink);
    }
    CHECK_EQUAL(LINES, sink.lines);
    CHECK_EQUAL(0, hd_sink_finish(&sink, &worker->written));
    worker->bytes = hd_sink_bytes(&sink);
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

/* What one process does before and after all others. Returns the bytes that it has written. */
static uint64_t
put_end(struct hd_shared *shared, int fd, enum hd_compression compression,
        void (*put)(struct hd_sink *)) {
    struct hd_sink sink;
    uint64_t written;
    CHECK_EQUAL(0, hd_sink_open(&sink, fd, compression, shared));
    put(&sink);
    CHECK_EQUAL(0, hd_sink_finish(&sink, &written));
    hd_sink_free(&sink);
    return written;
}

static void
test_shared(enum hd_compression compression) {
    if (!hd_codec_load(compression)) return;
    struct worker workers[WORKERS];
    struct hd_shared shared = {0};
    CHECK_EQUAL(0, hd_shared_init(&shared, -1));
    int fd = open_file();
    uint64_t written = put_end(&shared, fd, compression, hd_sink_begin_file), bytes = 0;
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){
            .shared = &shared, .compression = compression, .fd = fd, .number = i};
        CHECK_EQUAL(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        bytes += workers[i].bytes;
        written += workers[i].written;
    }
    written += put_end(&shared, fd, compression, hd_sink_end_file);
    CHECK_EQUAL(shared.offset, written);
    // what was taken back at the very end may still lie behind it
    CHECK_EQUAL(0, ftruncate(fd, (off_t)shared.offset));
    size_t size;
    char *all = unpack(fd, compression, &size);
    CHECK_EQUAL(bytes, size);
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
        test_shared(HD_PLAIN);
        test_shared(HD_GZIP);
        test_shared(HD_ZSTD);
    }
    test_dropped();
    return 0;
}
