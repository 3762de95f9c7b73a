/*
 * Writes blocks to a descriptor; see writer.h.
 */
#include "out/writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

static int
write_fully(struct hd_writer *writer, const unsigned char *bytes, size_t n) {
    while (n > 0) {
        if (!hd_is_same(writer->fd, &writer->identity)) return EBADF;
        ssize_t done = write(writer->fd, bytes, n);
        if (done >= 0) {
            bytes += done;
            n -= (size_t)done;
            writer->written += (uint64_t)done;
        }
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            // Ruby makes pipes and sockets non-blocking
            struct pollfd wait = {.fd = writer->fd, .events = POLLOUT};
            if (poll(&wait, 1, -1) < 0 && errno != EINTR) return errno;
        }
        else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

bool
hd_writer_pack(struct hd_writer *writer, const unsigned char *block, size_t size,
               struct hd_packed *packed) {
    HD_CHECK(size > 0 && size <= HD_BLOCK_SIZE);
    *packed = (struct hd_packed){block, size, {.bytes = size}};
    if (!writer->codec) return true;
    packed->bytes = writer->packed;
    packed->size = hd_codec_block(writer->codec, writer->packed, writer->packed_size, block, size,
                                  &packed->text);
    return packed->size > 0;
}

int
hd_writer_write_at(struct hd_writer *writer, const unsigned char *bytes, size_t size,
                   uint64_t offset) {
    while (size > 0) {
        ssize_t done = pwrite(writer->fd, bytes, size, (off_t)offset);
        if (done < 0 && errno != EINTR) return errno;
        if (done < 0) continue;
        bytes += done;
        size -= (size_t)done;
        offset += (uint64_t)done;
        writer->written += (uint64_t)done;
    }
    return 0;
}

static int
write_block(struct hd_writer *writer, const unsigned char *block, size_t size) {
    struct hd_packed packed;
    if (size == 0) return 0;
    if (!hd_writer_pack(writer, block, size, &packed)) return EIO;
    if (writer->codec) hd_codec_add(writer->codec, &writer->text, &packed.text);
    return write_fully(writer, packed.bytes, packed.size);
}

static void *
run(void *arg) {
    struct hd_writer *writer = arg;
    pthread_mutex_lock(&writer->mutex);
    for (;;) {
        while (writer->queued == 0 && !writer->finished) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
        }
        if (writer->queued == 0) break;
        struct hd_block_queue next = writer->queue[0];
        bool failed = writer->error != 0;
        pthread_mutex_unlock(&writer->mutex);
        int error = failed ? 0 : write_block(writer, next.block, next.size);
        pthread_mutex_lock(&writer->mutex);
        if (error) writer->error = error;
        writer->queued--;
        memmove(writer->queue, writer->queue + 1, (size_t)writer->queued * sizeof *writer->queue);
        writer->spare[writer->spares++] = next.block;
        pthread_cond_broadcast(&writer->changed);
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

/* The thread inherits a mask that blocks all signals: Ruby's handlers must not run on it. */
static bool
start_thread(struct hd_writer *writer) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&writer->thread, NULL, run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

static int
write_head(struct hd_writer *writer) {
    unsigned char head[HD_CODEC_ENDS];
    return writer->codec ? write_fully(writer, head, hd_codec_head(writer->codec, head)) : 0;
}

static int
write_tail(struct hd_writer *writer) {
    unsigned char tail[HD_CODEC_ENDS];
    if (!writer->codec) return 0;
    return write_fully(writer, tail, hd_codec_tail(writer->codec, tail, &writer->text));
}

int
hd_writer_open(struct hd_writer *writer, int fd, enum hd_compression compression,
               enum hd_write how) {
    *writer = (struct hd_writer){.fd = fd};
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->changed, NULL);
    int error = hd_identify(fd, &writer->identity);
    if (error) return error;
    if (compression != HD_PLAIN) {
        if (!hd_codec_load(compression)) return ENOSYS;
        writer->codec = hd_codec_open(compression);
        if (!writer->codec) return ENOMEM;
        writer->packed_size = hd_codec_bound(writer->codec, HD_BLOCK_SIZE);
        writer->packed = malloc(writer->packed_size);
        if (!writer->packed) return ENOMEM;
    }
    writer->alone = how == HD_WRITE_ALONE;
    int blocks = writer->alone ? 1 : HD_BLOCKS;
    writer->memory = malloc((size_t)blocks * HD_BLOCK_SIZE);
    if (!writer->memory) return ENOMEM;
    for (int i = 0; i < blocks; i++) {
        writer->spare[writer->spares++] = writer->memory + (size_t)i * HD_BLOCK_SIZE;
    }
    if (writer->alone) return 0;
    error = write_head(writer);
    if (!error) writer->threaded = start_thread(writer);
    return error;
}

unsigned char *
hd_writer_block(struct hd_writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    while (writer->spares == 0) pthread_cond_wait(&writer->changed, &writer->mutex);
    unsigned char *block = writer->spare[--writer->spares];
    pthread_mutex_unlock(&writer->mutex);
    return block;
}

int
hd_writer_submit(struct hd_writer *writer, unsigned char *block, size_t size) {
    pthread_mutex_lock(&writer->mutex);
    HD_CHECK(writer->queued + writer->spares < HD_BLOCKS);
    if (writer->threaded) {
        writer->queue[writer->queued++] = (struct hd_block_queue){block, size};
        pthread_cond_broadcast(&writer->changed);
    }
    else {
        if (!writer->error) writer->error = write_block(writer, block, size);
        writer->spare[writer->spares++] = block;
    }
    int error = writer->error;
    pthread_mutex_unlock(&writer->mutex);
    return error;
}

static void
join(struct hd_writer *writer) {
    if (!writer->threaded) return;
    pthread_mutex_lock(&writer->mutex);
    writer->finished = true;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    writer->threaded = false;
}

int
hd_writer_finish(struct hd_writer *writer) {
    join(writer);
    if (!writer->error && !writer->alone) writer->error = write_tail(writer);
    return writer->error;
}

void
hd_writer_free(struct hd_writer *writer) {
    join(writer);
    if (writer->codec) hd_codec_close(writer->codec);
    free(writer->packed);
    free(writer->memory);
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->mutex);
    *writer = (struct hd_writer){.fd = -1};
}
