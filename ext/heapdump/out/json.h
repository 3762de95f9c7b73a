/*
 * Place in the flow: between the writers of lines and the sink. Puts text, numbers and addresses as
 * JSON. No ruby.h: bytes in, bytes out.
 *
 * A writer ends every element of a list or map with a comma, and hd_json_close replaces the last
 * comma by the bracket. Fields of an object's line begin with their comma instead.
 */
#ifndef HEAPDUMP_JSON_H
#define HEAPDUMP_JSON_H

#include <string.h>

#include "out/sink.h"

/* What a sequence of bytes needs before it can be put into a JSON string. */
enum hd_text {
    HD_TEXT_PLAIN, /* nothing: it is printable ASCII without quote and backslash */
    HD_TEXT_ASCII, /* escapes; all bytes are below 0x80 */
    HD_TEXT_UTF8,  /* escapes; the bytes are valid UTF-8 */
    HD_TEXT_BYTES, /* the bytes are not valid UTF-8 and cannot be put as text */
};

/* The beginning of a field in an object's line: `,"key":`. HD_FIELD makes it from a literal key. */
struct hd_field {
    const char *text;
    size_t size;
};
#define HD_FIELD_INIT(key)                                                                         \
    { ",\"" key "\":", sizeof(",\"" key "\":") - 1 }
#define HD_FIELD(key) ((struct hd_field)HD_FIELD_INIT(key))

extern const char hd_hex_pairs[513];

void hd_put_long(struct hd_sink *sink, const char *bytes, size_t n);

/* Puts any number of bytes, unchanged. */
static inline void
hd_put_bytes(struct hd_sink *sink, const char *bytes, size_t n) {
    if (n > HD_SINK_MAX_RESERVE) {
        hd_put_long(sink, bytes, n);
        return;
    }
    memcpy(hd_sink_reserve(sink, n), bytes, n);
    sink->pos += n;
}

/* Puts a literal of at most HD_SINK_MAX_RESERVE bytes, unchanged. */
#define HD_PUT(sink, literal) hd_put_bytes((sink), "" literal, sizeof(literal) - 1)

static inline void
hd_put_char(struct hd_sink *sink, char c) {
    *hd_sink_reserve(sink, 1) = (unsigned char)c;
    sink->pos++;
}

/* Writes 32 bits as eight hex digits. Returns the place after them. */
static inline unsigned char *
hd_hex8(unsigned char *to, uint32_t v) {
    memcpy(to, hd_hex_pairs + 2 * (v >> 24), 2);
    memcpy(to + 2, hd_hex_pairs + 2 * (v >> 16 & 0xff), 2);
    memcpy(to + 4, hd_hex_pairs + 2 * (v >> 8 & 0xff), 2);
    memcpy(to + 6, hd_hex_pairs + 2 * (v & 0xff), 2);
    return to + 8;
}

unsigned char *hd_hex_slow(unsigned char *to, uint64_t v);

/*
 * HD_AT and the hd_at_* functions write at `to` and return the place after what they wrote. The
 * caller reserves room for several of them by one hd_sink_reserve, so that the sink is not read
 * each time.
 */
#define HD_AT(to, literal)                                                                         \
    (memcpy((to), "" literal, sizeof(literal) - 1), (to) + sizeof(literal) - 1)

enum { HD_ADDRESS_SIZE = 20, HD_NUMBER_SIZE = 20 };

/* Writes an address with its quotes: "0x7f10a2b3c4d8". */
static inline unsigned char *
hd_at_address(unsigned char *to, uint64_t v) {
    memcpy(to, "\"0x", 3);
    to += 3;
    if (v >> 44 && !(v >> 48)) { // twelve digits, as nearly every heap address has
        memcpy(to, hd_hex_pairs + 2 * (v >> 40), 2);
        memcpy(to + 2, hd_hex_pairs + 2 * (v >> 32 & 0xff), 2);
        to = hd_hex8(to + 4, (uint32_t)v);
    }
    else {
        to = hd_hex_slow(to, v);
    }
    *to++ = '"';
    return to;
}

static inline void
hd_put_address(struct hd_sink *sink, uint64_t v) {
    sink->pos = hd_at_address(hd_sink_reserve(sink, HD_ADDRESS_SIZE), v);
}

extern const char hd_digit_pairs[201];

unsigned char *hd_long_number(unsigned char *to, uint64_t v);

static inline unsigned char *
hd_at_u64(unsigned char *to, uint64_t v) {
    if (v < 10) {
        *to = (unsigned char)('0' + v);
        return to + 1;
    }
    if (v >= 100) return hd_long_number(to, v);
    memcpy(to, hd_digit_pairs + 2 * v, 2);
    return to + 2;
}

static inline unsigned char *
hd_at_i64(unsigned char *to, int64_t v) {
    if (v >= 0) return hd_at_u64(to, (uint64_t)v);
    *to = '-';
    return hd_at_u64(to + 1, 0 - (uint64_t)v);
}

static inline void
hd_put_u64(struct hd_sink *sink, uint64_t v) {
    sink->pos = hd_at_u64(hd_sink_reserve(sink, HD_NUMBER_SIZE), v);
}

static inline void
hd_put_i64(struct hd_sink *sink, int64_t v) {
    sink->pos = hd_at_i64(hd_sink_reserve(sink, HD_NUMBER_SIZE + 1), v);
}

static inline void
hd_put_field(struct hd_sink *sink, struct hd_field field) {
    hd_put_bytes(sink, field.text, field.size);
}

static inline void
hd_put_number(struct hd_sink *sink, struct hd_field field, uint64_t v) {
    hd_put_field(sink, field);
    hd_put_u64(sink, v);
}

/*
 * Puts a finite number with the fewest digits from which the same number can be read again, and
 * always with '.' or 'e'.
 */
void hd_put_double(struct hd_sink *sink, double v);

/* Puts a number of seconds with six decimals. Negative numbers become 0. */
void hd_put_seconds(struct hd_sink *sink, double v);

/* What these bytes need. Reads all of them, up to the first that is not valid UTF-8. */
enum hd_text hd_text_kind(const unsigned char *bytes, size_t n);

/* The longest text that hd_put_plain puts, and the longest field. */
enum { HD_PLAIN_AT_ONCE = 1024 };

/*
 * Puts a field with a text of kind HD_TEXT_PLAIN, in quotes. Returns false, and puts nothing, if
 * the text is of another kind or longer than HD_PLAIN_AT_ONCE. Reads the bytes only once, so that
 * most texts need not be looked at before (hd_text_kind).
 */
bool hd_put_plain(struct hd_sink *sink, struct hd_field field, const unsigned char *bytes,
                  size_t n);

/* The length of the longest prefix of at most `max` bytes that does not cut a UTF-8 character. */
size_t hd_text_prefix(const unsigned char *bytes, size_t n, size_t max);

/*
 * Puts the content of a JSON string, without its quotes. `kind` is that of the bytes and must not
 * be HD_TEXT_BYTES.
 */
void hd_put_escaped(struct hd_sink *sink, const unsigned char *bytes, size_t n, enum hd_text kind);

/*
 * Puts a name without quotes: like hd_put_escaped, but each byte that is not valid UTF-8 is written
 * as \xNN.
 */
void hd_put_name(struct hd_sink *sink, const unsigned char *bytes, size_t n);

/* Puts a name whose bytes are not text: each byte is written as \xNN. */
void hd_put_opaque_name(struct hd_sink *sink, const unsigned char *bytes, size_t n);

/*
 * A hash of what hd_put_name puts for a name, or hd_put_opaque_name if it is `opaque`: names for
 * which the same is put have the same hash.
 */
uint64_t hd_name_hash(const unsigned char *bytes, size_t n, bool opaque);

/* Like hd_put_name, with quotes. */
void hd_put_quoted_name(struct hd_sink *sink, const char *bytes, size_t n);

void hd_put_base64(struct hd_sink *sink, const unsigned char *bytes, size_t n);

/* Ends a list or map: the comma after its last element becomes the bracket. */
static inline void
hd_json_close(struct hd_sink *sink, char bracket) {
    unsigned char *to = hd_sink_reserve(sink, 1);
    if (to[-1] == ',') to[-1] = (unsigned char)bracket;
    else *sink->pos++ = (unsigned char)bracket;
}

#endif
