/*
 * libzstd and zlib; see decode.h. Both libraries promise that these functions and structures stay
 * as they are as long as the number in the library's file name does. zlib itself checks the size of
 * its structure.
 */
#include "reading/decode.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { Z_OK = 0, Z_STREAM_END = 1, Z_BUF_ERROR = -5, Z_NO_FLUSH = 0, GZIP_WINDOW = 15 + 16 };

struct z_stream {
    const unsigned char *next_in;
    unsigned avail_in;
    unsigned long total_in;
    unsigned char *next_out;
    unsigned avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *(*zalloc)(void *, unsigned, unsigned);
    void (*zfree)(void *, void *);
    void *opaque;
    int data_type;
    unsigned long adler;
    unsigned long reserved;
};

struct zstd_in {
    const void *src;
    size_t size, pos;
};

struct zstd_out {
    void *dst;
    size_t size, pos;
};

static struct {
    void *(*create)(void);
    size_t (*destroy)(void *);
    size_t (*reset)(void *);
    size_t (*decode)(void *, struct zstd_out *, struct zstd_in *);
    size_t (*frame_size)(const void *, size_t);
    unsigned long long (*content_size)(const void *, size_t);
    unsigned (*is_error)(size_t);
} zstd;

static struct {
    int (*init)(struct z_stream *, int, const char *, int);
    int (*reset)(struct z_stream *);
    int (*inflate)(struct z_stream *, int);
    int (*end)(struct z_stream *);
    const char *(*version)(void);
} zlib;

static bool has_zstd, has_zlib;

struct hg_decoder {
    enum hg_compression compression;
    void *zstd;
    struct z_stream stream;
};

struct import {
    void **to;
    const char *name;
};

static bool
load(const char *const *files, const struct import *imports) {
    void *library = NULL;
    for (; *files && !library; files++) library = dlopen(*files, RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    for (; imports->to; imports++) {
        *imports->to = dlsym(library, imports->name);
        if (!*imports->to) return false;
    }
    return true;
}

static void
load_both(void) {
    static const char *const zstd_files[] = {"libzstd.so.1", "libzstd.1.dylib", NULL};
    const struct import zstd_imports[] = {
        {(void **)&zstd.create, "ZSTD_createDStream"},
        {(void **)&zstd.destroy, "ZSTD_freeDStream"},
        {(void **)&zstd.reset, "ZSTD_initDStream"},
        {(void **)&zstd.decode, "ZSTD_decompressStream"},
        {(void **)&zstd.frame_size, "ZSTD_findFrameCompressedSize"},
        {(void **)&zstd.content_size, "ZSTD_getFrameContentSize"},
        {(void **)&zstd.is_error, "ZSTD_isError"},
        {NULL, NULL},
    };
    static const char *const zlib_files[] = {"libz.so.1", "libz.1.dylib", NULL};
    const struct import zlib_imports[] = {
        {(void **)&zlib.init, "inflateInit2_"},  {(void **)&zlib.reset, "inflateReset"},
        {(void **)&zlib.inflate, "inflate"},     {(void **)&zlib.end, "inflateEnd"},
        {(void **)&zlib.version, "zlibVersion"}, {NULL, NULL},
    };
    has_zstd = load(zstd_files, zstd_imports);
    has_zlib = load(zlib_files, zlib_imports);
}

bool
hg_decoder_available(enum hg_compression compression) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_both);
    return compression == HG_ZSTD ? has_zstd : has_zlib;
}

const char *
hg_decoder_library(enum hg_compression compression) {
    return compression == HG_ZSTD ? "libzstd.so.1" : "libz.so.1";
}

enum hg_compression
hg_compression_of(const unsigned char *bytes, size_t n) {
    if (n >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0) return HG_GZIP;
    if (n >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0) return HG_ZSTD;
    return HG_PLAIN;
}

static bool
start(struct hg_decoder *decoder) {
    if (decoder->compression == HG_ZSTD) return (decoder->zstd = zstd.create());
    return zlib.init(&decoder->stream, GZIP_WINDOW, zlib.version(), (int)sizeof decoder->stream) ==
           Z_OK;
}

struct hg_decoder *
hg_decoder_new(enum hg_compression compression) {
    if (!hg_decoder_available(compression)) return NULL;
    struct hg_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return NULL;
    decoder->compression = compression;
    if (!start(decoder)) {
        free(decoder);
        return NULL;
    }
    hg_decoder_reset(decoder);
    return decoder;
}

void
hg_decoder_free(struct hg_decoder *decoder) {
    if (!decoder) return;
    if (decoder->compression == HG_ZSTD) zstd.destroy(decoder->zstd);
    else zlib.end(&decoder->stream);
    free(decoder);
}

void
hg_decoder_reset(struct hg_decoder *decoder) {
    if (decoder->compression == HG_ZSTD) zstd.reset(decoder->zstd);
    else zlib.reset(&decoder->stream);
}

static enum hg_decoded
decode_zstd(struct hg_decoder *decoder, const unsigned char **from, size_t *n, unsigned char **to,
            size_t *room) {
    struct zstd_in in = {*from, *n, 0};
    struct zstd_out out = {*to, *room, 0};
    size_t left = zstd.decode(decoder->zstd, &out, &in);
    if (zstd.is_error(left)) return HG_DECODED_BROKEN;
    *from += in.pos;
    *n -= in.pos;
    *to += out.pos;
    *room -= out.pos;
    return left == 0 ? HG_DECODED_FRAME : HG_DECODED_MORE;
}

static enum hg_decoded
decode_gzip(struct hg_decoder *decoder, const unsigned char **from, size_t *n, unsigned char **to,
            size_t *room) {
    enum { MOST = 1 << 30 };
    struct z_stream *stream = &decoder->stream;
    unsigned in = *n > MOST ? MOST : (unsigned)*n, out = *room > MOST ? MOST : (unsigned)*room;
    stream->next_in = *from;
    stream->avail_in = in;
    stream->next_out = *to;
    stream->avail_out = out;
    int status = zlib.inflate(stream, Z_NO_FLUSH);
    *from += in - stream->avail_in;
    *n -= in - stream->avail_in;
    *to += out - stream->avail_out;
    *room -= out - stream->avail_out;
    if (status == Z_STREAM_END) {
        zlib.reset(stream);
        return HG_DECODED_FRAME;
    }
    return status == Z_OK || status == Z_BUF_ERROR ? HG_DECODED_MORE : HG_DECODED_BROKEN;
}

enum hg_decoded
hg_decode(struct hg_decoder *decoder, const unsigned char **from, size_t *n, unsigned char **to,
          size_t *room) {
    if (decoder->compression == HG_ZSTD) return decode_zstd(decoder, from, n, to, room);
    return decode_gzip(decoder, from, n, to, room);
}

bool
hg_zstd_frame(const unsigned char *bytes, size_t n, size_t *size, uint64_t *content) {
    *size = zstd.frame_size(bytes, n);
    if (zstd.is_error(*size) || *size == 0) return false;
    unsigned long long of_content = zstd.content_size(bytes, *size);
    if (of_content >= (unsigned long long)-2) return false; // unknown, or an error
    *content = of_content;
    return true;
}
