/*
 * The hash of everything that the dumper looks up by a word: addresses, IDs. No ruby.h.
 */
#ifndef HEAPDUMP_HASH_H
#define HEAPDUMP_HASH_H

#include <stdint.h>

/* Words that differ in their low bits alone get hashes that differ in the high ones: use those. */
static inline uint64_t
hd_hash(uint64_t word) {
    return word * UINT64_C(0x9e3779b97f4a7c15);
}

#endif
