/*
 * Writers of FLOAT, BIGNUM, RATIONAL and COMPLEX.
 */
#include "lines/writers.h"

#include <math.h>

#include "lines/value.h"

void
hd_write_float(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    double value = rb_float_value(obj);
    HD_PUT(out, ",\"value\":");
    if (isnan(value)) HD_PUT(out, "\"NaN\"");
    else if (isinf(value) && value > 0) HD_PUT(out, "\"Infinity\"");
    else if (isinf(value)) HD_PUT(out, "\"-Infinity\"");
    else hd_put_double(out, value);
}

enum { WORDS = 64, CHUNK_DIGITS = 9, CHUNKS = WORDS * 32 / 29 + 1 };

/*
 * Puts the decimal digits of a number of n 32-bit words, at most 2 * WORDS, the lowest word first.
 * Overwrites the words.
 */
static void
put_decimal(struct hd_sink *out, uint32_t *words, size_t n) {
    uint32_t chunks[2 * CHUNKS];
    size_t used = 0;
    while (n > 0 && words[n - 1] == 0) n--;
    while (n > 0) {
        uint64_t rest = 0;
        for (size_t i = n; i-- > 0;) {
            uint64_t v = rest << 32 | words[i];
            words[i] = (uint32_t)(v / 1000000000);
            rest = v % 1000000000;
        }
        chunks[used++] = (uint32_t)rest;
        while (n > 0 && words[n - 1] == 0) n--;
    }
    hd_put_u64(out, used ? chunks[used - 1] : 0);
    for (size_t i = used; i-- > 1;) {
        char digits[CHUNK_DIGITS];
        uint32_t v = chunks[i - 1];
        for (int d = CHUNK_DIGITS; d-- > 0; v /= 10) digits[d] = (char)('0' + v % 10);
        hd_put_bytes(out, digits, CHUNK_DIGITS);
    }
}

void
hd_write_bignum(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    uint32_t words[2 * WORDS];
    int spare_bits;
    size_t size = rb_absint_size(obj, &spare_bits);
    if (size <= sizeof words) {
        int sign = rb_integer_pack(obj, words, 2 * WORDS, sizeof *words, 0,
                                   INTEGER_PACK_LSWORD_FIRST | INTEGER_PACK_NATIVE_BYTE_ORDER);
        HD_PUT(out, ",\"value\":\"");
        if (sign < 0) hd_put_char(out, '-');
        put_decimal(out, words, 2 * WORDS);
        hd_put_char(out, '"');
    }
    hd_put_number(&dump->out, HD_FIELD("bits"), size * 8 - (size_t)spare_bits);
}

void
hd_write_rational(struct hd_dump *dump, VALUE obj) {
    hd_write_value(dump, HD_FIELD("numerator"), rb_rational_num(obj));
    hd_write_value(dump, HD_FIELD("denominator"), rb_rational_den(obj));
}

void
hd_write_complex(struct hd_dump *dump, VALUE obj) {
    hd_write_value(dump, HD_FIELD("real"), rb_complex_real(obj));
    hd_write_value(dump, HD_FIELD("imaginary"), rb_complex_imag(obj));
}
