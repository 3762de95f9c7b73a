/*
 * Finds the end of a string in JSON. Most strings are shorter than the 16 bytes that are looked at
 * at once, so the processor nearly always foresees the branch.
 */
#ifndef HEAPGRAPH_SPECIAL_H
#define HEAPGRAPH_SPECIAL_H

#include "base/bytes.h"

#ifdef __SSE2__
#    include <emmintrin.h>
#endif

/*
 * Returns the first byte from `at` on that ends a string or cannot be in one as it is: a quote, a
 * backslash, a control character, or a part of a character beyond ASCII. There must be one, and
 * HG_PAD bytes that may be read behind it.
 */
static inline const char *
hg_find_special(const char *at) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');
    for (;; at += 16) {
        __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(text, quote), _mm_cmpeq_epi8(text, backslash));
        found = _mm_or_si128(found, _mm_cmplt_epi8(text, space)); // what is beyond ASCII is below 0
        unsigned bits = (unsigned)_mm_movemask_epi8(found);
        if (bits) return at + __builtin_ctz(bits);
    }
#else
    for (;; at += 8) {
        uint64_t word = hg_load8(at);
        uint64_t quote = word ^ HG_ONES * '"', backslash = word ^ HG_ONES * '\\';
        uint64_t control = (word - HG_ONES * 0x20) & ~word;
        uint64_t found = (((quote - HG_ONES) & ~quote) | ((backslash - HG_ONES) & ~backslash) |
                          control | word) &
                         HG_HIGHS; // bits behind the first one may be wrong
        if (found) return at + (__builtin_ctzll(found) >> 3);
    }
#endif
}

#endif
