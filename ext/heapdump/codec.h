/*
 * Compression of one block at a time, each into a frame of its own. The libraries (libzstd, zlib)
 * are loaded when a dump first asks for them, so that a process which only dumps plain files
 * depends on nothing but Ruby, and a machine without their headers still compresses.
 */
#ifndef HEAPDUMP_CODEC_H
#define HEAPDUMP_CODEC_H

#include <stdbool.h>
#include <stddef.h>

enum hd_compression { HD_PLAIN, HD_GZIP, HD_ZSTD };

struct hd_codec;

/* Loads the library, once; not in a forked child, as the loader takes locks. False: not there. */
bool hd_codec_load(enum hd_compression compression);

/* Of a library that is loaded. NULL where memory is out. Free with hd_codec_close. */
struct hd_codec *hd_codec_open(enum hd_compression compression);
void hd_codec_close(struct hd_codec *codec);

/* The most bytes that a frame of n bytes of input can take. */
size_t hd_codec_bound(struct hd_codec *codec, size_t n);

/* Compresses n bytes into one whole frame. Returns its size, or 0 on failure. */
size_t hd_codec_frame(struct hd_codec *codec, unsigned char *to, size_t size,
                      const unsigned char *from, size_t n);

#endif
