/*
 * Compresses each block independently of all others, so that several processes can compress the
 * blocks of one file. With zstd each block is a frame, and the file is a sequence of frames. Many
 * readers of gzip read only the first member of a file, so a gzip file has one member: a head, the
 * blocks as deflate data that ends at a byte boundary, and a tail with the checksum of the whole
 * text.
 *
 * The libraries (libzstd, zlib) are loaded when a dump first asks for them. So a process that only
 * writes plain files depends on nothing but Ruby, and the extension can be built on a machine
 * without the headers of these libraries.
 */
#ifndef HEAPDUMP_CODEC_H
#define HEAPDUMP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hd_compression { HD_PLAIN, HD_GZIP, HD_ZSTD };

struct hd_codec;

/*
 * Loads the library, unless it is loaded already. Must not be called first in a forked child,
 * because the dynamic loader takes locks. Returns false if the library or one of its functions is
 * missing.
 */
bool hd_codec_load(enum hd_compression compression);

/*
 * Creates a codec; its library must be loaded. Returns NULL when there is no memory. Free it with
 * hd_codec_close.
 */
struct hd_codec *hd_codec_open(enum hd_compression compression);
void hd_codec_close(struct hd_codec *codec);

/* The length of a piece of text before compression, and with gzip its checksum. */
struct hd_text_sum {
    uint64_t bytes;
    uint32_t crc;
};

/* Extends `sum` by `more`, the sum of the text that directly follows. */
void hd_codec_add(struct hd_codec *codec, struct hd_text_sum *sum, const struct hd_text_sum *more);

/* The largest size that a block of n bytes can have after compression. */
size_t hd_codec_bound(struct hd_codec *codec, size_t n);

/*
 * Compresses the n bytes at `from` into the `size` bytes at `to`. Returns the compressed size, or 0
 * on failure. Sets `sum` to the sum of the text.
 */
size_t hd_codec_block(struct hd_codec *codec, unsigned char *to, size_t size,
                      const unsigned char *from, size_t n, struct hd_text_sum *sum);

enum { HD_CODEC_ENDS = 16 }; /* the largest size of a head or tail */

/*
 * The bytes of a file before its first block (head) and after its last one (tail). `sum` is that of
 * the whole text. Both functions return the number of bytes, which may be 0.
 */
size_t hd_codec_head(const struct hd_codec *codec, unsigned char to[HD_CODEC_ENDS]);
size_t hd_codec_tail(const struct hd_codec *codec, unsigned char to[HD_CODEC_ENDS],
                     const struct hd_text_sum *sum);

#endif
