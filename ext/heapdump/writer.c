/*
 * Blocks on their way to a descriptor; see writer.h.
 */
#include "writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
write_fully(struct hd_writer *writer, const unsigned char *bytes, size_t n) {
    while (n > 0) {
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

size_t
hd_writer_pack(struct hd_writer *writer, const unsigned char *block, size_t size,
               const unsigned char **frame) {
    *frame = writer->codec ? writer->packed : block;
    if (!writer->codec) return size;
    return hd_codec_frame(writer->codec, writer->packed, writer->packed_size, block, size);
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
    const unsigned char *frame;
    size_t packed = hd_writer_pack(writer, block, size, &frame);
    return packed == 0 ? EIO : write_fully(writer, frame, packed);
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

/* The thread inherits the signal mask: Ruby's handlers must not run on it. */
static bool
start_thread(struct hd_writer *writer) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&writer->thread, NULL, run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

int
hd_writer_open(struct hd_writer *writer, int fd, enum hd_compression compression,
               enum hd_write how) {
    *writer = (struct hd_writer){.fd = fd};
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->changed, NULL);
    if (compression != HD_PLAIN) {
        if (!hd_codec_load(compression)) return ENOSYS;
        writer->codec = hd_codec_open(compression);
        if (!writer->codec) return ENOMEM;
        writer->packed_size = hd_codec_bound(writer->codec, HD_BLOCK_SIZE);
        writer->packed = malloc(writer->packed_size);
        if (!writer->packed) return ENOMEM;
    }
    int blocks = how == HD_WRITE_BESIDE ? HD_BLOCKS : 1;
    writer->memory = malloc((size_t)blocks * HD_BLOCK_SIZE);
    if (!writer->memory) return ENOMEM;
    for (int i = 0; i < blocks; i++) {
        writer->spare[writer->spares++] = writer->memory + (size_t)i * HD_BLOCK_SIZE;
    }
    writer->threaded = how == HD_WRITE_BESIDE && start_thread(writer);
    return 0;
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

int
hd_writer_finish(struct hd_writer *writer) {
    if (writer->threaded) {
        pthread_mutex_lock(&writer->mutex);
        writer->finished = true;
        pthread_cond_broadcast(&writer->changed);
        pthread_mutex_unlock(&writer->mutex);
        pthread_join(writer->thread, NULL);
        writer->threaded = false;
    }
    return writer->error;
}

void
hd_writer_free(struct hd_writer *writer) {
    hd_writer_finish(writer);
    if (writer->codec) hd_codec_close(writer->codec);
    free(writer->packed);
    free(writer->memory);
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->mutex);
    *writer = (struct hd_writer){.fd = -1};
}
