/*
 * libzstd and zlib behind one interface; see codec.h. Both libraries keep these functions, and zlib
 * this stream structure, for as long as the number in their file names is the same. zlib also
 * checks the size of the structure itself.
 */
#include "out/codec.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// The fastest level of zstd that still packs a dump below a tenth; see docs/decisions.
enum { ZSTD_LEVEL = 1, GZIP_LEVEL = 1 };
enum { ZSTD_c_compressionLevel = 100, ZSTD_c_checksumFlag = 201 };
enum { Z_DEFLATED = 8, Z_SYNC_FLUSH = 2, RAW_WINDOW = -15, MEM_LEVEL = 8, FLUSH_SIZE = 16 };

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

static struct {
    void *(*create)(void);
    size_t (*set)(void *, int, int);
    size_t (*compress)(void *, void *, size_t, const void *, size_t);
    size_t (*bound)(size_t);
    unsigned (*is_error)(size_t);
    size_t (*destroy)(void *);
} zstd;

static struct {
    int (*init)(struct z_stream *, int, int, int, int, int, const char *, int);
    int (*deflate)(struct z_stream *, int);
    int (*reset)(struct z_stream *);
    int (*end)(struct z_stream *);
    unsigned long (*bound)(struct z_stream *, unsigned long);
    const char *(*version)(void);
    unsigned long (*crc)(unsigned long, const unsigned char *, unsigned);
    unsigned long (*join)(unsigned long, unsigned long, long);
} zlib;

struct hd_codec {
    enum hd_compression compression;
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

static bool
load_zstd(void) {
    static const char *const files[] = {"libzstd.so.1", "libzstd.1.dylib", NULL};
    const struct import imports[] = {
        {(void **)&zstd.create, "ZSTD_createCCtx"},
        {(void **)&zstd.set, "ZSTD_CCtx_setParameter"},
        {(void **)&zstd.compress, "ZSTD_compress2"},
        {(void **)&zstd.bound, "ZSTD_compressBound"},
        {(void **)&zstd.is_error, "ZSTD_isError"},
        {(void **)&zstd.destroy, "ZSTD_freeCCtx"},
        {NULL, NULL},
    };
    return zstd.destroy || load(files, imports);
}

static bool
load_zlib(void) {
    static const char *const files[] = {"libz.so.1", "libz.1.dylib", NULL};
    const struct import imports[] = {
        {(void **)&zlib.init, "deflateInit2_"},
        {(void **)&zlib.deflate, "deflate"},
        {(void **)&zlib.reset, "deflateReset"},
        {(void **)&zlib.end, "deflateEnd"},
        {(void **)&zlib.version, "zlibVersion"},
        {(void **)&zlib.crc, "crc32"},
        {(void **)&zlib.join, "crc32_combine"},
        {(void **)&zlib.bound, "deflateBound"},
        {NULL, NULL},
    };
    return zlib.bound || load(files, imports);
}

bool
hd_codec_load(enum hd_compression compression) {
    switch (compression) {
    case HD_ZSTD:
        return load_zstd();
    case HD_GZIP:
        return load_zlib();
    default:
        return true;
    }
}

/* With checksums, so that a reader notices every damaged byte. */
static bool
start_zstd(struct hd_codec *codec) {
    codec->zstd = zstd.create();
    if (!codec->zstd) return false;
    size_t level = zstd.set(codec->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    size_t checksum = zstd.set(codec->zstd, ZSTD_c_checksumFlag, 1);
    if (!zstd.is_error(level) && !zstd.is_error(checksum)) return true;
    zstd.destroy(codec->zstd);
    return false;
}

static bool
start(struct hd_codec *codec) {
    if (codec->compression == HD_ZSTD) return start_zstd(codec);
    return zlib.init(&codec->stream, GZIP_LEVEL, Z_DEFLATED, RAW_WINDOW, MEM_LEVEL, 0,
                     zlib.version(), (int)sizeof codec->stream) == 0;
}

struct hd_codec *
hd_codec_open(enum hd_compression compression) {
    struct hd_codec *codec = calloc(1, sizeof *codec);
    if (!codec) return NULL;
    codec->compression = compression;
    if (start(codec)) return codec;
    free(codec);
    return NULL;
}

void
hd_codec_close(struct hd_codec *codec) {
    if (codec->compression == HD_ZSTD) zstd.destroy(codec->zstd);
    else zlib.end(&codec->stream);
    free(codec);
}

size_t
hd_codec_bound(struct hd_codec *codec, size_t n) {
    if (codec->compression == HD_ZSTD) return zstd.bound(n);
    return zlib.bound(&codec->stream, n) + FLUSH_SIZE;
}

/* Makes deflate data that ends at a byte boundary, so that more of it can follow. */
static size_t
deflate_block(struct z_stream *stream, unsigned char *to, size_t size, const unsigned char *from,
              size_t n) {
    if (zlib.reset(stream) != 0) return 0;
    stream->next_in = from;
    stream->avail_in = (unsigned)n;
    stream->next_out = to;
    stream->avail_out = (unsigned)size;
    // only if room is left it is sure that all output has been written
    if (zlib.deflate(stream, Z_SYNC_FLUSH) != 0 || stream->avail_in || !stream->avail_out) return 0;
    return size - stream->avail_out;
}

size_t
hd_codec_block(struct hd_codec *codec, unsigned char *to, size_t size, const unsigned char *from,
               size_t n, struct hd_text_sum *sum) {
    *sum = (struct hd_text_sum){.bytes = n};
    if (codec->compression == HD_ZSTD) {
        size_t packed = zstd.compress(codec->zstd, to, size, from, n);
        return zstd.is_error(packed) ? 0 : packed;
    }
    sum->crc = (uint32_t)zlib.crc(0, from, (unsigned)n);
    return deflate_block(&codec->stream, to, size, from, n);
}

void
hd_codec_add(struct hd_codec *codec, struct hd_text_sum *sum, const struct hd_text_sum *more) {
    if (codec->compression == HD_GZIP)
        sum->crc = (uint32_t)zlib.join(sum->crc, more->crc, (long)more->bytes);
    sum->bytes += more->bytes;
}

size_t
hd_codec_head(const struct hd_codec *codec, unsigned char to[HD_CODEC_ENDS]) {
    // method deflate; no file name and no time; fastest level; written on Unix
    static const unsigned char gzip[] = {0x1f, 0x8b, Z_DEFLATED, 0, 0, 0, 0, 0, 4, 3};
    if (codec->compression != HD_GZIP) return 0;
    memcpy(to, gzip, sizeof gzip);
    return sizeof gzip;
}

static unsigned char *
put_u32(unsigned char *to, uint32_t v) {
    for (int i = 0; i < 4; i++) *to++ = (unsigned char)(v >> 8 * i);
    return to;
}

size_t
hd_codec_tail(const struct hd_codec *codec, unsigned char to[HD_CODEC_ENDS],
              const struct hd_text_sum *sum) {
    if (codec->compression != HD_GZIP) return 0;
    unsigned char *at = to;
    *at++ = 3; // a last, empty block
    *at++ = 0;
    at = put_u32(at, sum->crc);
    at = put_u32(at, (uint32_t)sum->bytes);
    return (size_t)(at - to);
}
