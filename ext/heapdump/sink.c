/*
 * Blocks on their way to a descriptor; see sink.h.
 */
#include "sink.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
hd_sink_open(struct hd_sink *sink, int fd, enum hd_compression compression) {
    memset(sink, 0, sizeof *sink);
    sink->fd = fd;
    size_t size = fd < 0 ? HD_SINK_MAX_RESERVE * 2 : HD_SINK_BLOCK;
    sink->block = malloc(size);
    if (!sink->block) return ENOMEM;
    sink->pos = sink->block;
    sink->end = sink->block + size;
    if (compression == HD_PLAIN) return 0;

    sink->codec = hd_codec_open(compression);
    if (!sink->codec) {
        hd_sink_free(sink);
        return ENOSYS;
    }
    sink->packed_size = hd_codec_bound(sink->codec, HD_SINK_BLOCK);
    sink->packed = malloc(sink->packed_size);
    if (!sink->packed) {
        hd_sink_free(sink);
        return ENOMEM;
    }
    return 0;
}

void
hd_sink_free(struct hd_sink *sink) {
    if (sink->codec) hd_codec_close(sink->codec);
    free(sink->packed);
    free(sink->block);
    memset(sink, 0, sizeof *sink);
    sink->fd = -1;
}

static void
write_fully(struct hd_sink *sink, const unsigned char *bytes, size_t n) {
    while (n > 0 && !sink->error) {
        ssize_t done = write(sink->fd, bytes, n);
        if (done >= 0) {
            bytes += done;
            n -= (size_t)done;
            sink->written += (uint64_t)done;
        }
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            // Ruby makes pipes and sockets non-blocking
            struct pollfd wait = {.fd = sink->fd, .events = POLLOUT};
            if (poll(&wait, 1, -1) < 0 && errno != EINTR) sink->error = errno;
        }
        else if (errno != EINTR) {
            sink->error = errno;
        }
    }
}

/* Sends the first n bytes of the block away. */
static void
send(struct hd_sink *sink, size_t n) {
    sink->flushed += n;
    if (sink->error || n == 0) return;
    if (!sink->codec) {
        write_fully(sink, sink->block, n);
        return;
    }
    size_t size = hd_codec_frame(sink->codec, sink->packed, sink->packed_size, sink->block, n);
    if (size == 0) sink->error = EIO;
    else write_fully(sink, sink->packed, size);
}

static void
grow(struct hd_sink *sink, size_t n) {
    size_t used = (size_t)(sink->pos - sink->block);
    size_t size = (size_t)(sink->end - sink->block) * 2 + n;
    unsigned char *block = realloc(sink->block, size);
    if (!block) {
        sink->error = ENOMEM;
        sink->pos = sink->block;
        return;
    }
    sink->block = block;
    sink->pos = block + used;
    sink->end = block + size;
}

void
hd_sink_make_room(struct hd_sink *sink, size_t n) {
    if (sink->fd < 0) {
        grow(sink, n);
        return;
    }
    if (sink->muted) {
        sink->pos = sink->block + 1;
        return;
    }
    // The last byte stays, so that a writer can still turn a trailing comma into a bracket.
    size_t used = (size_t)(sink->pos - sink->block);
    if (used == 0) return;
    send(sink, used - 1);
    sink->block[0] = sink->pos[-1];
    sink->pos = sink->block + 1;
}

void
hd_sink_mute(struct hd_sink *sink) {
    hd_sink_make_room(sink, 0);
    sink->muted = true;
}

void
hd_sink_unmute(struct hd_sink *sink) {
    sink->pos = sink->block + 1;
    sink->muted = false;
}

int
hd_sink_finish(struct hd_sink *sink) {
    if (sink->fd >= 0) {
        send(sink, (size_t)(sink->pos - sink->block));
        sink->pos = sink->block;
    }
    return sink->error;
}
