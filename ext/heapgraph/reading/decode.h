/*
 * Decompression with libzstd or zlib, through the same functions. The libraries are loaded when the
 * first file needs one, as in the dumper (docs/decisions/0001). A decoder belongs to one thread.
 */
#ifndef HEAPGRAPH_DECODE_H
#define HEAPGRAPH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hg_compression { HG_PLAIN, HG_GZIP, HG_ZSTD };

/* How a file is compressed, as its first `n` bytes say. */
enum hg_compression hg_compression_of(const unsigned char *bytes, size_t n);

/* Whether the library for a compression can be loaded, and the file name of that library. */
bool hg_decoder_available(enum hg_compression compression);
const char *hg_decoder_library(enum hg_compression compression);

struct hg_decoder;

/* Returns NULL if the library is missing or there is no memory. */
struct hg_decoder *hg_decoder_new(enum hg_compression compression);
void hg_decoder_free(struct hg_decoder *decoder);

/* Prepares the decoder for the beginning of a frame (zstd) or a member (gzip). */
void hg_decoder_reset(struct hg_decoder *decoder);

enum hg_decoded {
    HG_DECODED_MORE,  /* needs more input or more room */
    HG_DECODED_FRAME, /* a frame has ended; the next call begins another one */
    HG_DECODED_BROKEN,
};

/*
 * Decodes from *from, where *n bytes are, to *to, where there is room for *room bytes. All four are
 * moved on by what has been read and written.
 */
enum hg_decoded hg_decode(struct hg_decoder *decoder, const unsigned char **from, size_t *n,
                          unsigned char **to, size_t *room);

/*
 * For zstd: finds the size in bytes of the frame that begins at `bytes`, and the size of its
 * content. Returns false if the frame is not whole, is broken, or does not say how large its
 * content is. A frame that is to be skipped has a content of 0.
 */
bool hg_zstd_frame(const unsigned char *bytes, size_t n, size_t *size, uint64_t *content);

#endif
