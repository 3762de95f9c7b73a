/*
 * Text, numbers and addresses as JSON; see json.h.
 */
#include "out/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char hd_hex_pairs[513] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                               "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                               "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                               "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                               "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                               "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                               "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                               "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

const char hd_digit_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

unsigned char *
hd_hex_slow(unsigned char *to, uint64_t v) {
    unsigned char digits[16];
    hd_hex8(digits, (uint32_t)(v >> 32));
    hd_hex8(digits + 8, (uint32_t)v);
    int first = 0;
    while (first < 15 && digits[first] == '0') first++;
    memcpy(to, digits + first, (size_t)(16 - first));
    return to + 16 - first;
}

unsigned char *
hd_long_number(unsigned char *to, uint64_t v) {
    enum { MOST = 20 }; // digits of any number
    size_t n = 3;
    for (uint64_t limit = 1000; n < MOST && v >= limit; limit *= 10) n++;
    unsigned char *end = to + n, *from = end;
    while (v >= 100) {
        from -= 2;
        memcpy(from, hd_digit_pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10) memcpy(to, hd_digit_pairs + 2 * v, 2);
    else *to = (unsigned char)('0' + v);
    return end;
}

/*
 * Puts a number of at most 15 significant digits, as most numbers in programs are; returns false
 * for others. It is right because a double holds both integers exactly, and their quotient is
 * rounded in the same way as a number that is read from its digits.
 */
static bool
put_short_double(struct hd_sink *sink, double v) {
    enum { DECIMALS = 10 };
    double scale = 1, absolute = v < 0 ? -v : v;
    if (!(absolute >= 1e-5 && absolute < 1e9) && v != 0) return false;
    for (int decimals = 0; decimals <= DECIMALS; decimals++, scale *= 10) {
        double scaled = absolute * scale;
        if (scaled >= 1e15) return false;
        uint64_t digits = (uint64_t)(scaled + 0.5);
        if ((double)digits / scale != absolute) continue;
        if (v < 0 || (v == 0 && signbit(v))) hd_put_char(sink, '-');
        uint64_t unit = (uint64_t)scale;
        hd_put_u64(sink, digits / unit);
        unsigned char *to = hd_sink_reserve(sink, DECIMALS + 2);
        *to++ = '.';
        digits %= unit;
        if (decimals == 0) *to++ = '0';
        for (int i = decimals; i-- > 0; digits /= 10) to[i] = (unsigned char)('0' + digits % 10);
        sink->pos = to + decimals;
        return true;
    }
    return false;
}

void
hd_put_double(struct hd_sink *sink, double v) {
    if (put_short_double(sink, v)) return;
    char text[40];
    int n = 0;
    for (int precision = 15; precision <= 17; precision++) {
        n = snprintf(text, sizeof text - 2, "%.*g", precision, v);
        if (strtod(text, NULL) == v) break;
    }
    bool whole = true;
    for (int i = 0; i < n; i++) {
        if (text[i] == ',') text[i] = '.'; // some locales have a decimal comma
        if (text[i] == '.' || text[i] == 'e') whole = false;
    }
    if (whole) {
        memcpy(text + n, ".0", 2);
        n += 2;
    }
    hd_put_bytes(sink, text, (size_t)n);
}

void
hd_put_seconds(struct hd_sink *sink, double v) {
    uint64_t micros = v > 0 ? (uint64_t)(v * 1e6 + 0.5) : 0;
    hd_put_u64(sink, micros / 1000000);
    char text[8];
    int n = snprintf(text, sizeof text, ".%06u", (unsigned)(micros % 1000000));
    hd_put_bytes(sink, text, (size_t)n);
}

/* Bit 7 of each byte of the result says whether this byte of the word needs more than a copy. */
static inline uint64_t
special_bytes(uint64_t word) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');
    uint64_t control = word - ones * 0x20;
    uint64_t high = word | (word + ones); // also 0x7f, which dump_all escapes
    return (high | control | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & highs;
}

static inline bool
is_special(unsigned char c) {
    return c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
}

/* The number of bytes at the beginning that can be copied unchanged. */
static inline size_t
plain_run(const unsigned char *bytes, size_t n) {
    size_t i = 0;
    while (i + 8 <= n) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        if (special_bytes(word)) break;
        i += 8;
    }
    while (i < n && !is_special(bytes[i])) i++;
    return i;
}

/* The length of the UTF-8 character that begins here, 0 if no valid one does. */
static size_t
utf8_char(const unsigned char *s, size_t n) {
    unsigned char c = s[0];
    if (c < 0x80) return 1;
    if (c < 0xc2 || n < 2 || (s[1] & 0xc0) != 0x80) return 0;
    if (c < 0xe0) return 2;
    if (n < 3 || (s[2] & 0xc0) != 0x80) return 0;
    if (c < 0xf0) {
        if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] >= 0xa0)) return 0;
        return 3;
    }
    if (c > 0xf4 || n < 4 || (s[3] & 0xc0) != 0x80) return 0;
    if ((c == 0xf0 && s[1] < 0x90) || (c == 0xf4 && s[1] >= 0x90)) return 0;
    return 4;
}

/*
 * Copies text of 1 to 7 bytes. Returns false, and may have written some of it, if it is not plain.
 */
static bool
copy_few(unsigned char *to, const unsigned char *bytes, size_t n) {
    uint32_t first, last;
    if (n >= 4) {
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + n - 4, 4); // these overlap
        memcpy(to, &first, 4);
        memcpy(to + n - 4, &last, 4);
        return !special_bytes((uint64_t)last << 32 | first);
    }
    for (size_t i = 0; i < n; i++) {
        if (is_special(bytes[i])) return false;
        to[i] = bytes[i];
    }
    return true;
}

/* The same for any length. */
static bool
copy_plain(unsigned char *to, const unsigned char *bytes, size_t n) {
    uint64_t word;
    if (n < 8) return copy_few(to, bytes, n);
    for (size_t i = 0; i + 8 <= n; i += 8) {
        memcpy(&word, bytes + i, 8);
        if (special_bytes(word)) return false;
        memcpy(to + i, &word, 8);
    }
    memcpy(&word, bytes + n - 8, 8); // this overlaps with what is copied
    memcpy(to + n - 8, &word, 8);
    return !special_bytes(word);
}

bool
hd_put_plain(struct hd_sink *sink, struct hd_field before, const unsigned char *bytes, size_t n) {
    if (n > HD_PLAIN_AT_ONCE) return false;
    HD_CHECK(before.size <= HD_PLAIN_AT_ONCE);
    unsigned char *to = hd_sink_reserve(sink, before.size + n + 2);
    memcpy(to, before.text, before.size);
    to += before.size;
    *to++ = '"';
    if (!copy_plain(to, bytes, n)) return false;
    to[n] = '"';
    sink->pos = to + n + 1;
    return true;
}

enum hd_text
hd_text_kind(const unsigned char *bytes, size_t n) {
    size_t i = plain_run(bytes, n);
    if (i == n) return HD_TEXT_PLAIN;
    enum hd_text kind = HD_TEXT_ASCII;
    while (i < n) {
        if (bytes[i] < 0x80) {
            i++;
        }
        else {
            size_t length = utf8_char(bytes + i, n - i);
            if (length == 0) return HD_TEXT_BYTES;
            kind = HD_TEXT_UTF8;
            i += length;
        }
        i += plain_run(bytes + i, n - i);
    }
    return kind;
}

size_t
hd_text_prefix(const unsigned char *bytes, size_t n, size_t max) {
    if (n <= max) return n;
    size_t cut = max;
    while (cut > 0 && max - cut < 3 && (bytes[cut] & 0xc0) == 0x80) cut--;
    // bytes that are not valid UTF-8 may be cut anywhere
    return (bytes[cut] & 0xc0) == 0x80 ? max : cut;
}

void
hd_put_long(struct hd_sink *sink, const char *bytes, size_t n) {
    while (n > 0) {
        size_t part = n < HD_SINK_MAX_RESERVE ? n : HD_SINK_MAX_RESERVE;
        hd_put_bytes(sink, bytes, part);
        bytes += part;
        n -= part;
    }
}

/* Puts a byte below 0x80 that has to be escaped. */
static void
put_escape(struct hd_sink *sink, unsigned char c) {
    unsigned char *to = hd_sink_reserve(sink, 6);
    static const char shorts[] = "btn\0fr"; // for the control characters 0x08 to 0x0d
    *to++ = '\\';
    if (c == '"' || c == '\\') {
        *to++ = c;
    }
    else if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
        *to++ = (unsigned char)shorts[c - 0x08];
    }
    else {
        memcpy(to, "u00", 3);
        memcpy(to + 3, hd_hex_pairs + 2 * c, 2);
        to += 5;
    }
    sink->pos = to;
}

static void
put_mixed(struct hd_sink *sink, const unsigned char *bytes, size_t n) {
    size_t i = 0;
    while (i < n) {
        size_t run = plain_run(bytes + i, n - i);
        hd_put_bytes(sink, (const char *)bytes + i, run);
        i += run;
        if (i == n) break;
        size_t length = utf8_char(bytes + i, n - i);
        if (length > 1) {
            hd_put_bytes(sink, (const char *)bytes + i, length);
        }
        else if (length == 1) {
            put_escape(sink, bytes[i]);
        }
        else {
            length = 1;
            HD_PUT(sink, "\\\\x");
            hd_put_bytes(sink, hd_hex_pairs + 2 * bytes[i], 2);
        }
        i += length;
    }
}

void
hd_put_escaped(struct hd_sink *sink, const unsigned char *bytes, size_t n, enum hd_text kind) {
    if (kind == HD_TEXT_PLAIN) hd_put_bytes(sink, (const char *)bytes, n);
    else put_mixed(sink, bytes, n);
}

void
hd_put_name(struct hd_sink *sink, const unsigned char *bytes, size_t n) {
    put_mixed(sink, bytes, n);
}

void
hd_put_opaque_name(struct hd_sink *sink, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        HD_PUT(sink, "\\\\x");
        hd_put_bytes(sink, hd_hex_pairs + 2 * bytes[i], 2);
    }
}

static uint64_t
hash_on(uint64_t hash, const void *bytes, size_t n) {
    const unsigned char *from = bytes;
    for (size_t i = 0; i < n; i++) hash = (hash ^ from[i]) * 0x100000001b3u;
    return hash;
}

uint64_t
hd_name_hash(const unsigned char *bytes, size_t n, bool opaque) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n;) {
        size_t length = opaque ? 0 : utf8_char(bytes + i, n - i);
        if (length > 0) {
            hash = hash_on(hash, bytes + i, length);
        }
        else {
            hash = hash_on(hash_on(hash, "\\x", 2), hd_hex_pairs + 2 * bytes[i], 2);
            length = 1;
        }
        i += length;
    }
    return hash;
}

void
hd_put_quoted_name(struct hd_sink *sink, const char *bytes, size_t n) {
    const unsigned char *text = (const unsigned char *)bytes;
    if (n <= HD_SINK_MAX_RESERVE - 2 && plain_run(text, n) == n) {
        unsigned char *to = hd_sink_reserve(sink, n + 2);
        *to = '"';
        memcpy(to + 1, text, n);
        to[n + 1] = '"';
        sink->pos = to + n + 2;
        return;
    }
    hd_put_char(sink, '"');
    put_mixed(sink, text, n);
    hd_put_char(sink, '"');
}

void
hd_put_base64(struct hd_sink *sink, const unsigned char *bytes, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; n > 0; bytes += 3, n -= n < 3 ? n : 3) {
        uint32_t v = (uint32_t)bytes[0] << 16;
        if (n > 1) v |= (uint32_t)bytes[1] << 8;
        if (n > 2) v |= bytes[2];
        unsigned char *to = hd_sink_reserve(sink, 4);
        to[0] = (unsigned char)digits[v >> 18];
        to[1] = (unsigned char)digits[v >> 12 & 63];
        to[2] = (unsigned char)(n > 1 ? digits[v >> 6 & 63] : '=');
        to[3] = (unsigned char)(n > 2 ? digits[v & 63] : '=');
        sink->pos += 4;
    }
}
