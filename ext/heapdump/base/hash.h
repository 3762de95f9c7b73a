/*
 * The hash function for everything that the dumper finds by a word: addresses, IDs. No ruby.h.
 */
#ifndef HEAPDUMP_HASH_H
#define HEAPDUMP_HASH_H

#include <stdint.h>

/*
 * Words that differ only in their low bits get hashes that differ in their high bits, so the caller
 * must use the high bits.
 */
static inline uint64_t
hd_hash(uint64_t word) {
    return word * UINT64_C(0x9e3779b97f4a7c15);
}

#endif
