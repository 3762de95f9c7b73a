/*
 * Compression of one block at a time, apart from all others, so that several processes may compress
 * the blocks of one file. With zstd each block is a frame, and the file is a chain of them. Of gzip
 * many readers take the first member alone, so there a file is one member: its head, the blocks as
 * deflate data that ends at a byte, and its tail, which has the checksum of all.
 *
 * The libraries (libzstd, zlib) are loaded when a dump first asks for them, so that a process which
 * only dumps plain files depends on nothing but Ruby, and a machine without their headers still
 * compresses.
 */
#ifndef HEAPDUMP_CODEC_H
#define HEAPDUMP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hd_compression { HD_PLAIN, HD_GZIP, HD_ZSTD };

struct hd_codec;

/* Loads the library, once; not in a forked child, as the loader takes locks. False: not there. */
bool hd_codec_load(enum hd_compression compression);

/* Of a library that is loaded. NULL where memory is out. Free with hd_codec_close. */
struct hd_codec *hd_codec_open(enum hd_compression compression);
void hd_codec_close(struct hd_codec *codec);

/* What is known of a stretch of text: its length, and with gzip its checksum. */
struct hd_text_sum {
    uint64_t bytes;
    uint32_t crc;
};

/* Adds to `sum` the sum of the text that follows. */
void hd_codec_add(struct hd_codec *codec, struct hd_text_sum *sum, const struct hd_text_sum *more);

/* The most bytes that a block of n bytes can take. */
size_t hd_codec_bound(struct hd_codec *codec, size_t n);

/* Compresses a block of n bytes. Returns its size, or 0 on failure; `sum` is that of its text. */
size_t hd_codec_block(struct hd_codec *codec, unsigned char *to, size_t size,
                      const unsigned char *from, size_t n, struct hd_text_sum *sum);

enum { HD_CODEC_ENDS = 16 }; /* the most bytes of a head or tail */

/* What a file has before its first block and behind its last one. Both return their size, maybe 0. */
size_t hd_codec_head(const struct hd_codec *codec, unsigned char to[HD_CODEC_ENDS]);
size_t hd_codec_tail(const struct hd_codec *codec, unsigned char to[HD_CODEC_ENDS],
                     const struct hd_text_sum *sum);

#endif
