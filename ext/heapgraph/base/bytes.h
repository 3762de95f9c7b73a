/*
 * Text, read eight bytes at a time. Behind the end of each text that is passed to these functions
 * there must be HG_PAD bytes that may be read.
 */
#ifndef HEAPGRAPH_BYTES_H
#define HEAPGRAPH_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HG_PAD 64

#define HG_ONES UINT64_C(0x0101010101010101)
#define HG_HIGHS UINT64_C(0x8080808080808080)

/* Loads eight bytes, the first as the lowest. Compilers make one load of it. */
static inline uint64_t
hg_load8(const char *bytes) {
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

/* Loads the first `n` bytes, 0 to 8. All other bytes of the result are zero. */
static inline uint64_t
hg_load_upto8(const char *bytes, size_t n) {
    uint64_t word = hg_load8(bytes);
    return n >= 8 ? word : word & ((UINT64_C(1) << (8 * n)) - 1);
}

/*
 * 2^64 divided by the golden ratio, as an odd number. Multiplication by it spreads numbers: those
 * that were close to each other no longer are.
 */
#define HG_GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* The hash of a number: the upper bits of the product, which are spread best. */
static inline uint32_t
hg_spread(uint64_t number) {
    return (uint32_t)(number * HG_GOLDEN >> 32);
}

static inline uint64_t
hg_mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Hash of a text. */
static inline uint64_t
hg_hash(const char *text, size_t size) {
    const uint64_t k1 = HG_GOLDEN, k2 = UINT64_C(0xe7037ed1a0b428db);
    uint64_t hash = size * k1;
    for (; size > 8; text += 8, size -= 8) hash = hg_mix(hash ^ hg_load8(text), k1);
    return hg_mix(hash ^ hg_load_upto8(text, size), k2);
}

static inline unsigned
hg_popcount(uint64_t word) {
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)(word * HG_ONES >> 56);
}

/*
 * The value of eight lower-case hex digits, the first of which is in the lowest byte. Returns -1 if
 * they are no such digits.
 */
static inline int64_t
hg_hex8(uint64_t word) {
    uint64_t letters = word >> 6 & HG_ONES;
    uint64_t nibbles = (word & HG_ONES * 0x0f) + letters * 9;
    uint64_t expected = nibbles + HG_ONES * '0' + letters * ('a' - '0' - 10);
    uint64_t above_nine = (nibbles + HG_ONES * 6) >> 4 & HG_ONES;
    if ((expected ^ word) | (nibbles & HG_ONES * 0xf0) | (above_nine ^ letters)) return -1;
    nibbles = __builtin_bswap64(nibbles);
    nibbles = (nibbles | nibbles >> 4) & UINT64_C(0x00ff00ff00ff00ff);
    nibbles = (nibbles | nibbles >> 8) & UINT64_C(0x0000ffff0000ffff);
    return (int64_t)((nibbles | nibbles >> 16) & 0xffffffff);
}

/* Reads an address: 0x and 1 to 16 lower-case hex digits. Returns false if the text is none. */
static inline bool
hg_read_address(const char *text, size_t size, uint64_t *address) {
    if (size < 3 || size > 18 || text[0] != '0' || text[1] != 'x') return false;
    text += 2;
    size -= 2;
    if (size >= 8) {
        int64_t high = hg_hex8(hg_load8(text)), low = hg_hex8(hg_load8(text + size - 8));
        if (high < 0 || low < 0) return false;
        unsigned bits = 4 * (unsigned)(size - 8); // how many bits only the low part has
        *address = (uint64_t)high << bits | ((uint64_t)low & ((UINT64_C(1) << bits) - 1));
        return true;
    }
    *address = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c >= '0' && c <= '9') *address = *address << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f') *address = *address << 4 | (uint64_t)(c - 'a' + 10);
        else return false;
    }
    return true;
}

/*
 * Reads a number without sign, fraction or exponent. Returns false if the text is no such number.
 * *number is UINT64_MAX if the number is larger than that.
 */
static inline bool
hg_read_natural(const char *text, size_t size, uint64_t *number) {
    enum { SAFE = 19 }; // so many digits never overflow
    uint64_t sum = 0;
    if (size == 0) return false;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned char)text[i] - '0';
        if (digit > 9) return false;
        sum = size > SAFE && sum > (UINT64_MAX - digit) / 10 ? UINT64_MAX : sum * 10 + digit;
    }
    *number = sum;
    return true;
}

#endif
