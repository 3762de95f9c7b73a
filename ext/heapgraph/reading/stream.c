/*
 * Decoding from the beginning; see stream.h.
 */
#include "reading/stream.h"

#include "base/file.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20, INPUT = 256 << 10 };

struct hg_stream {
    pthread_mutex_t lock;
    struct hg_decoder *decoder;
    int fd;
    unsigned char *input, *from; // INPUT bytes of the file, and the part not decoded yet
    size_t left;
    uint64_t at;           // where in the file the bytes behind `input` begin
    struct hg_buffer rest; // text that was decoded behind the last whole line
    size_t rest_size;
    uint64_t offset, number; // of the next piece
    bool ended;              // there is no more input
    bool in_frame;           // the last frame has not ended yet
};

struct hg_stream *
hg_stream_new(enum hg_compression compression, int fd) {
    struct hg_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return NULL;
    pthread_mutex_init(&stream->lock, NULL);
    stream->fd = fd;
    stream->input = malloc(INPUT);
    stream->decoder = hg_decoder_new(compression);
    if (stream->input && stream->decoder) return stream;
    hg_stream_free(stream);
    return NULL;
}

void
hg_stream_free(struct hg_stream *stream) {
    if (!stream) return;
    hg_decoder_free(stream->decoder);
    hg_buffer_free(&stream->rest);
    pthread_mutex_destroy(&stream->lock);
    free(stream->input);
    free(stream);
}

static enum hg_status
read_input(struct hg_stream *stream, struct hg_task *task) {
    ssize_t n = hg_read_at(stream->fd, stream->input, INPUT, stream->at);
    if (n < 0) return HG_IO;
    stream->from = stream->input;
    stream->left = (size_t)n;
    stream->at += (size_t)n;
    stream->ended = n == 0;
    task->done += (uint64_t)n;
    return HG_OK;
}

/* Decodes until `bytes` has `room` bytes or the data ends. *used counts the bytes in it. */
static enum hg_status
fill(struct hg_stream *stream, struct hg_task *task, char *bytes, size_t room, size_t *used,
     uint64_t *broken_at) {
    while (*used < room && !stream->ended) {
        if (task->stop) return HG_STOPPED;
        if (stream->left == 0) {
            enum hg_status status = read_input(stream, task);
            if (status != HG_OK) return status;
            if (stream->ended && stream->in_frame) *broken_at = stream->at;
            if (stream->ended) break;
        }
        const unsigned char *from = stream->from;
        unsigned char *to = (unsigned char *)bytes + *used;
        size_t left = room - *used, input = stream->left;
        enum hg_decoded decoded = hg_decode(stream->decoder, &from, &stream->left, &to, &left);
        if (decoded == HG_DECODED_BROKEN) {
            *broken_at = stream->at - input;
            stream->ended = true;
        }
        stream->from += input - stream->left;
        stream->in_frame = decoded == HG_DECODED_MORE;
        *used = room - left;
    }
    return HG_OK;
}

static enum hg_status
next(struct hg_stream *stream, struct hg_task *task, struct hg_piece *piece, uint64_t *broken_at) {
    struct hg_buffer *buffer = &piece->buffer;
    size_t used = 0, end = 0, searched = 0;
    piece->unfinished = false;
    if (!hg_buffer_reserve(buffer, stream->rest_size + PIECE + 1)) return HG_NO_MEMORY;
    if (stream->rest_size > 0) memcpy(buffer->bytes, stream->rest.bytes, stream->rest_size);
    used = stream->rest_size;
    while (end == 0) {
        if (!hg_buffer_reserve(buffer, used + PIECE + 1)) return HG_NO_MEMORY;
        enum hg_status status = fill(stream, task, buffer->bytes, used + PIECE, &used, broken_at);
        if (status != HG_OK) return status;
        for (end = used; end > searched && buffer->bytes[end - 1] != '\n';) end--;
        if (end == searched) end = 0;
        if (end == 0 && stream->ended) {
            piece->unfinished = used > 0;
            if (used > 0) buffer->bytes[used++] = '\n';
            end = used;
            break;
        }
        searched = used;
    }
    if (!hg_buffer_reserve(&stream->rest, used - end + 1)) return HG_NO_MEMORY;
    stream->rest_size = used - end;
    memcpy(stream->rest.bytes, buffer->bytes + end, stream->rest_size);
    piece->text = buffer->bytes;
    piece->size = end;
    piece->offset = stream->offset;
    piece->number = stream->number++;
    stream->offset += end;
    return HG_OK;
}

enum hg_status
hg_stream_next(struct hg_stream *stream, struct hg_task *task, struct hg_piece *piece,
               uint64_t *broken_at) {
    pthread_mutex_lock(&stream->lock);
    enum hg_status status = next(stream, task, piece, broken_at);
    pthread_mutex_unlock(&stream->lock);
    return status;
}
