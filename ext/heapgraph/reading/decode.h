/*
 * Decompression: libzstd and zlib behind one face. The libraries are loaded when first needed, as
 * the dumper does it (docs/decisions/0001). A decoder belongs to one thread.
 */
#ifndef HEAPGRAPH_DECODE_H
#define HEAPGRAPH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hg_compression { HG_PLAIN, HG_GZIP, HG_ZSTD };

/* What the first bytes of a file say. */
enum hg_compression hg_compression_of(const unsigned char *bytes, size_t n);

/* Whether the library for it is there, and what it is called. */
bool hg_decoder_available(enum hg_compression compression);
const char *hg_decoder_library(enum hg_compression compression);

struct hg_decoder;

/* NULL without the library or memory. */
struct hg_decoder *hg_decoder_new(enum hg_compression compression);
void hg_decoder_free(struct hg_decoder *decoder);

/* Back to the beginning of a frame (zstd) or member (gzip). */
void hg_decoder_reset(struct hg_decoder *decoder);

enum hg_decoded {
    HG_DECODED_MORE,  /* wants more input or more room */
    HG_DECODED_FRAME, /* a frame has ended; the next call begins another one */
    HG_DECODED_BROKEN,
};

/* Decodes from *from (*n bytes) to *to (*room bytes), and moves all four. */
enum hg_decoded hg_decode(struct hg_decoder *decoder, const unsigned char **from, size_t *n,
                          unsigned char **to, size_t *room);

/*
 * For zstd: the size of the frame that begins here, and of its content. False where it is not
 * whole, broken, or does not say how large its content is. Frames without content are skipped over
 * with a content of 0.
 */
bool hg_zstd_frame(const unsigned char *bytes, size_t n, size_t *size, uint64_t *content);

#endif
