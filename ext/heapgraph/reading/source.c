/*
 * Files and pipes, plain or compressed; see source.h.
 */
#include "reading/source.h"

#include "base/bytes.h"
#include "base/file.h"
#include "reading/frames.h"
#include "reading/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPAN = 1 << 19, COPY = 1 << 20, LINE_GUESS = 2048 };

struct hg_source {
    char *name;
    int fd;
    uint64_t size; // of the file
    enum hg_compression compression;
    struct hg_frames *frames;    // NULL if the text is plain or one stream
    _Atomic uint64_t damaged_at; // UINT64_MAX if there is no damage

    // for single lines
    pthread_mutex_t lock;
    struct hg_frame_reader *reader;
    int text; // the decoded text of a stream, once a line was asked for; else -1
};

struct hg_pass {
    struct hg_source *source;
    _Atomic uint64_t next;
    struct hg_stream *stream; // NULL if spans can be read at any place
};

const char *
hg_source_name(const struct hg_source *source) {
    return source->name;
}

const char *
hg_source_promise(const struct hg_source *source) {
    size_t size = strlen(source->name);
    if (source->compression != HG_PLAIN) return NULL;
    if (size >= 4 && strcmp(source->name + size - 4, ".zst") == 0) return "zstd";
    if (size >= 3 && strcmp(source->name + size - 3, ".gz") == 0) return "gzip";
    return NULL;
}

bool
hg_source_damaged(const struct hg_source *source, uint64_t *byte) {
    uint64_t at = source->damaged_at;
    *byte = at == UINT64_MAX ? 0 : at;
    return at != UINT64_MAX;
}

/* Notes the first place in the file, not that which a thread happens to see first. */
static void
note_damage(struct hg_source *source, uint64_t at) {
    uint64_t before = source->damaged_at;
    while (at < before && !atomic_compare_exchange_weak(&source->damaged_at, &before, at)) {
    }
}

static enum hg_status
io_error(struct hg_task *task, const struct hg_source *source, const char *what) {
    int number = errno;
    return hg_fail(task, HG_IO, number, "%s %s: %s", what, source->name, strerror(number));
}

/* -- opening -- */

/* Makes a file without a name in TMPDIR. */
static int
unnamed_file(void) {
    const char *directory = getenv("TMPDIR");
    if (!directory || !*directory) directory = "/tmp";
    static const char name[] = "/heapdump-XXXXXX";
    char *path = malloc(strlen(directory) + sizeof name);
    if (!path) return -1;
    strcpy(stpcpy(path, directory), name);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    free(path);
    return fd;
}

static bool
write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

/* Copies all that comes out of a pipe to a file, which then takes the place of the pipe. */
static enum hg_status
spool(struct hg_source *source, struct hg_task *task) {
    int to = unnamed_file();
    char *bytes = malloc(COPY);
    enum hg_status status = HG_OK;
    if (to < 0 || !bytes) status = io_error(task, source, "no temporary file for");
    task->phase = "spooling";
    while (status == HG_OK) {
        if (task->stop) status = HG_STOPPED;
        ssize_t n = read(source->fd, bytes, COPY);
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) status = io_error(task, source, "cannot read");
        else if (!write_all(to, bytes, (size_t)n))
            status = io_error(task, source, "cannot write a temporary file for");
        else task->done += (uint64_t)n;
    }
    free(bytes);
    if (to >= 0) {
        close(source->fd);
        source->fd = to;
    }
    return status;
}

static enum hg_status
look(struct hg_source *source, struct hg_task *task) {
    struct stat about;
    if (fstat(source->fd, &about) != 0) return io_error(task, source, "cannot read");
    if (S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        return io_error(task, source, "cannot read");
    }
    if (!S_ISREG(about.st_mode)) {
        enum hg_status status = spool(source, task);
        if (status != HG_OK) return status;
        if (fstat(source->fd, &about) != 0) return io_error(task, source, "cannot read");
    }
    source->size = (uint64_t)about.st_size;

    unsigned char magic[4];
    ssize_t n = hg_read_at(source->fd, magic, sizeof magic, 0);
    if (n < 0) return io_error(task, source, "cannot read");
    source->compression = hg_compression_of(magic, (size_t)n);
    if (source->compression == HG_PLAIN) return HG_OK;
    if (!hg_decoder_available(source->compression))
        return hg_fail(task, HG_CORRUPT, 0, "%s is compressed, and %s is not installed here",
                       source->name, hg_decoder_library(source->compression));
    if (source->compression == HG_GZIP) return HG_OK; // its members do not say where they end
    uint64_t broken_at = UINT64_MAX;
    enum hg_status status = hg_frames_find(source->fd, source->size, &source->frames, &broken_at);
    if (status == HG_NO_MEMORY) return hg_fail(task, status, 0, "out of memory");
    if (status == HG_IO) return io_error(task, source, "cannot read");
    if (broken_at != UINT64_MAX) note_damage(source, broken_at);
    return HG_OK;
}

enum hg_status
hg_source_open_fd(int fd, const char *name, struct hg_task *task, struct hg_source **to) {
    struct hg_source *source = calloc(1, sizeof *source);
    if (!source) return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");
    pthread_mutex_init(&source->lock, NULL);
    source->text = -1;
    source->damaged_at = UINT64_MAX;
    source->name = strdup(name);
    source->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    enum hg_status status = HG_OK;
    if (!source->name) status = hg_fail(task, HG_NO_MEMORY, 0, "out of memory");
    else if (source->fd < 0) status = io_error(task, source, "cannot read");
    else status = look(source, task);
    if (status != HG_OK) {
        hg_source_free(source);
        return status;
    }
    *to = source;
    return HG_OK;
}

enum hg_status
hg_source_open(const char *path, struct hg_task *task, struct hg_source **source) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int number = errno;
        if (number == ENOENT)
            return hg_fail(task, HG_IO, number, "no such file or directory: %s", path);
        const char *advice = number == EACCES ? "; its owner and root may read it" : "";
        return hg_fail(task, HG_IO, number, "cannot open %s: %s%s", path, strerror(number), advice);
    }
    enum hg_status status = hg_source_open_fd(fd, path, task, source);
    close(fd);
    return status;
}

void
hg_source_free(struct hg_source *source) {
    if (!source) return;
    hg_frame_reader_free(source->reader);
    hg_frames_free(source->frames);
    if (source->fd >= 0) close(source->fd);
    if (source->text >= 0) close(source->text);
    pthread_mutex_destroy(&source->lock);
    free(source->name);
    free(source);
}

/* -- text at any place -- */

/* Reads up to n bytes of text from `offset` on; *got is less than n only at the end of the text. */
static enum hg_status
read_text(struct hg_source *source, struct hg_frame_reader **reader, uint64_t offset, char *to,
          size_t n, size_t *got, struct hg_task *task) {
    if (source->frames) {
        uint64_t broken_at = UINT64_MAX;
        enum hg_status status = hg_frames_read(source->frames, source->fd, reader, offset, to, n,
                                               got, &broken_at);
        if (broken_at != UINT64_MAX) note_damage(source, broken_at);
        if (status == HG_IO) return io_error(task, source, "cannot read");
        if (status != HG_OK) return hg_fail(task, status, 0, "out of memory");
        return HG_OK;
    }
    int fd = source->compression == HG_PLAIN ? source->fd : source->text;
    ssize_t read = hg_read_at(fd, to, n, offset);
    if (read < 0) return io_error(task, source, "cannot read");
    *got = (size_t)read;
    return HG_OK;
}

/*
 * Reads on until the line in the buffer is whole. The buffer has the first `used` bytes of the text
 * from `offset` on. *end is behind the first newline from `from` on. If the text ends without one,
 * a newline is added and *unfinished is true.
 */
static enum hg_status
finish_line(struct hg_source *source, struct hg_frame_reader **reader, struct hg_buffer *buffer,
            uint64_t offset, size_t used, size_t from, size_t *end, bool *unfinished,
            struct hg_task *task) {
    size_t step = 16 << 10;
    for (;;) {
        const char *newline = memchr(buffer->bytes + from, '\n', used - from);
        if (newline) {
            *end = (size_t)(newline - buffer->bytes) + 1;
            *unfinished = false;
            return HG_OK;
        }
        from = used;
        size_t got;
        if (task->stop) return HG_STOPPED;
        if (!hg_buffer_reserve(buffer, used + step + 1))
            return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");
        enum hg_status status = read_text(source, reader, offset + used, buffer->bytes + used, step,
                                          &got, task);
        if (status != HG_OK) return status;
        used += got;
        if (got < step && !memchr(buffer->bytes + from, '\n', used - from)) {
            buffer->bytes[used] = '\n';
            *end = used + 1;
            *unfinished = true;
            return HG_OK;
        }
        if (step < (size_t)4 << 20) step *= 2;
    }
}

/* -- one line -- */

/* Decodes a stream into a file without a name. */
static enum hg_status
decode_all(struct hg_source *source, struct hg_task *task) {
    struct hg_pass *pass;
    enum hg_status status = hg_pass_begin(source, task, &pass);
    if (status != HG_OK) return status;
    int to = unnamed_file();
    if (to < 0) status = io_error(task, source, "no temporary file for");
    struct hg_piece piece = {0};
    while (status == HG_OK) {
        status = hg_pass_next(pass, task, &piece);
        if (status != HG_OK || piece.size == 0) break;
        if (!write_all(to, piece.text, piece.size))
            status = io_error(task, source, "cannot write a temporary file for");
    }
    hg_piece_free(&piece);
    hg_pass_end(pass);
    if (status == HG_OK) source->text = to;
    else if (to >= 0) close(to);
    return status;
}

static enum hg_status
line_at(struct hg_source *source, uint64_t near, struct hg_task *task, struct hg_buffer *buffer,
        const char **text, size_t *size) {
    uint64_t offset = near > 0 ? near - 1 : 0; // if that byte is a newline, it ends the line before
    size_t got, end;
    if (!hg_buffer_reserve(buffer, LINE_GUESS))
        return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");
    enum hg_status status = read_text(source, &source->reader, offset, buffer->bytes,
                                      LINE_GUESS - 1, &got, task);
    if (status != HG_OK) return status;
    size_t start = 0, limit = HG_LINE_UNIT - (near == 0);
    for (size_t i = 0; i < limit && i < got; i++) {
        if (buffer->bytes[i] == '\n') start = i + 1;
    }
    if (near == 0 && start == 0 && got >= 3 && memcmp(buffer->bytes, "\xef\xbb\xbf", 3) == 0)
        start = 3; // a byte order mark
    bool unfinished;
    status = finish_line(source, &source->reader, buffer, offset, got, start < got ? start : got,
                         &end, &unfinished, task);
    if (status != HG_OK) return status;
    memset(buffer->bytes + end, 0, HG_PAD);
    *text = buffer->bytes + start;
    *size = end - 1 > start ? end - 1 - start : 0;
    return HG_OK;
}

enum hg_status
hg_source_line(struct hg_source *source, uint32_t unit, struct hg_task *task,
               struct hg_buffer *buffer, const char **text, size_t *size) {
    pthread_mutex_lock(&source->lock);
    enum hg_status status = HG_OK;
    bool stream = source->compression != HG_PLAIN && !source->frames;
    if (stream && source->text < 0) status = decode_all(source, task);
    if (status == HG_OK)
        status = line_at(source, (uint64_t)unit * HG_LINE_UNIT, task, buffer, text, size);
    pthread_mutex_unlock(&source->lock);
    return status;
}

/* -- passes -- */

enum hg_status
hg_pass_begin(struct hg_source *source, struct hg_task *task, struct hg_pass **to) {
    struct hg_pass *pass = calloc(1, sizeof *pass);
    if (!pass) return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");
    pass->source = source;
    if (source->compression != HG_PLAIN && !source->frames) {
        pass->stream = hg_stream_new(source->compression, source->fd);
        if (!pass->stream) {
            free(pass);
            return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");
        }
    }
    task->done = 0;
    task->total = source->size;
    *to = pass;
    return HG_OK;
}

void
hg_pass_end(struct hg_pass *pass) {
    hg_stream_free(pass->stream);
    free(pass);
}

/* Takes the next span of text that no thread has. Returns false if there is none left. */
static bool
next_span(struct hg_pass *pass, struct hg_task *task, uint64_t *start, uint64_t *end,
          uint64_t *number) {
    struct hg_source *source = pass->source;
    *number = atomic_fetch_add(&pass->next, 1);
    if (source->frames) {
        uint64_t packed;
        if (!hg_frames_span(source->frames, *number, start, end, &packed)) return false;
        task->done += packed;
        return true;
    }
    *start = *number * SPAN;
    if (*start >= source->size) return false;
    *end = source->size - *start < SPAN ? source->size : *start + SPAN;
    task->done += *end - *start;
    return true;
}

/* Reads the lines that begin in a span. */
static enum hg_status
read_span(struct hg_pass *pass, struct hg_task *task, struct hg_piece *piece, uint64_t start,
          uint64_t end) {
    uint64_t offset = start > 0 ? start - 1 : 0;
    size_t n = (size_t)(end - offset), got, first = 0, stop;
    if (!hg_buffer_reserve(&piece->buffer, n + 1))
        return hg_fail(task, HG_NO_MEMORY, 0, "out of memory");
    char *bytes = piece->buffer.bytes;
    enum hg_status status = read_text(pass->source, &piece->frames, offset, bytes, n, &got, task);
    if (status != HG_OK) return status;
    piece->size = 0;
    if (start > 0) {
        const char *newline = memchr(bytes, '\n', got);
        if (!newline) return HG_OK; // a single line covers all of the span
        first = (size_t)(newline - bytes) + 1;
    }
    if (first == got) return HG_OK; // the next line begins in the next span
    status = finish_line(pass->source, &piece->frames, &piece->buffer, offset, got, got - 1, &stop,
                         &piece->unfinished, task);
    if (status != HG_OK) return status;
    piece->text = piece->buffer.bytes + first;
    piece->size = stop - first;
    piece->offset = offset + first;
    return HG_OK;
}

enum hg_status
hg_pass_next(struct hg_pass *pass, struct hg_task *task, struct hg_piece *piece) {
    enum hg_status status = HG_OK;
    piece->size = 0;
    if (pass->stream) {
        uint64_t broken_at = UINT64_MAX;
        if (task->stop) return HG_STOPPED;
        status = hg_stream_next(pass->stream, task, piece, &broken_at);
        if (broken_at != UINT64_MAX) note_damage(pass->source, broken_at);
        if (status == HG_IO) return io_error(task, pass->source, "cannot read");
        return status == HG_NO_MEMORY ? hg_fail(task, status, 0, "out of memory") : status;
    }
    uint64_t start, end;
    while (status == HG_OK && piece->size == 0) {
        if (task->stop) return HG_STOPPED;
        if (!next_span(pass, task, &start, &end, &piece->number)) return HG_OK;
        status = read_span(pass, task, piece, start, end);
    }
    return status;
}
