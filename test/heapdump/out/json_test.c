/*
 * json.c against slow definitions, on edges and random input. Input lies in blocks of exactly its
 * size, so that a read beyond its end is seen by the sanitizer.
 */
#include "out/json.h"

#include <math.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

enum { ROUNDS = 4000, LONGEST = 10000 };

static struct hd_sink out;

static void
start(void) {
    out.pos = out.block;
}

static size_t
size_of_output(void) {
    CHECK_EQUAL(0, out.error);
    return (size_t)(out.pos - out.block);
}

/* What has been put since start, as a string of its own. */
static char *
text(void) {
    size_t n = size_of_output();
    char *copy = malloc(n + 1);
    memcpy(copy, out.block, n);
    copy[n] = 0;
    return copy;
}

static void
check_text(const char *wanted) {
    char *got = text();
    if (strcmp(wanted, got) != 0) fprintf(stderr, "wanted %s, got %s\n", wanted, got);
    CHECK(strcmp(wanted, got) == 0);
    free(got);
}

/* ---- numbers ---- */

/* Of any magnitude, near powers of ten and two above all. */
static uint64_t
some_number(struct random *random) {
    static const uint64_t edges[] = {0, 9, 10, 11, 99, 100, 101, UINT32_MAX, INT64_MAX, UINT64_MAX};
    uint32_t kind = random_below(random, 4);
    if (kind == 0) return edges[random_below(random, sizeof edges / sizeof *edges)];
    if (kind == 1) return random_next(random) >> random_below(random, 64);
    uint64_t power = 1;
    for (uint32_t i = random_below(random, 20); i > 0; i--) power *= 10;
    return power + random_below(random, 3) - 1;
}

static void
test_integers(struct random *random) {
    char wanted[40];
    uint64_t v = some_number(random);
    start();
    hd_put_u64(&out, v);
    snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)v);
    check_text(wanted);

    int64_t negative = random_chance(random, 5) ? INT64_MIN : (int64_t)(0 - v);
    start();
    hd_put_i64(&out, negative);
    snprintf(wanted, sizeof wanted, "%lld", (long long)negative);
    check_text(wanted);

    start();
    hd_put_address(&out, v);
    snprintf(wanted, sizeof wanted, "\"0x%llx\"", (unsigned long long)v);
    check_text(wanted);
}

static double
some_double(struct random *random) {
    uint32_t kind = random_below(random, 4);
    if (kind == 0) { // few digits
        double v = (double)(random_next(random) >> random_below(random, 64));
        for (uint32_t i = random_below(random, 12); i > 0; i--) v /= 10;
        return random_chance(random, 50) ? -v : v;
    }
    for (;;) { // any bits
        uint64_t bits = random_next(random);
        double v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v)) return v;
    }
}

/* JSON's grammar: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool
is_json_number(const char *s) {
    if (*s == '-') s++;
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || (digits > 1 && *s == '0')) return false;
    s += digits;
    if (*s == '.') {
        digits = strspn(++s, "0123456789");
        if (digits == 0) return false;
        s += digits;
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-') s++;
        digits = strspn(s, "0123456789");
        if (digits == 0) return false;
        s += digits;
    }
    return *s == 0;
}

static void
check_double(double v) {
    start();
    hd_put_double(&out, v);
    char *got = text();
    double back = strtod(got, NULL);
    CHECK(memcmp(&v, &back, sizeof v) == 0);
    CHECK(is_json_number(got));
    CHECK(strpbrk(got, ".e"));
    free(got);
}

static void
test_doubles(struct random *random) {
    check_double(some_double(random));
    static const double edges[] = {0.0, -0.0,    1.0,    0.1,     1e-5,   9.999e-6,
                                   1e9, 1e15,    1e16,   1e22,    5e-324, 1.7e308,
                                   0.3, 2.0 / 3, 1234.5, -1e-300, 1e100,  999999999.9999999};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) check_double(edges[i]);

    char wanted[64];
    double seconds = (double)random_below(random, 1000000) + random_below(random, 1000000) / 1e6;
    start();
    hd_put_seconds(&out, seconds);
    snprintf(wanted, sizeof wanted, "%.6f", seconds);
    char *got = text();
    CHECK(fabs(strtod(got, NULL) - strtod(wanted, NULL)) < 1.5e-6);
    CHECK(is_json_number(got));
    free(got);
}

/* ---- text ---- */

/* The length of the UTF-8 character at s by what it decodes to: shortest form, no surrogates. */
static size_t
character(const unsigned char *s, size_t n) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] < 0x80       ? 1
                    : s[0] >> 5 == 6  ? 2
                    : s[0] >> 4 == 14 ? 3
                    : s[0] >> 3 == 30 ? 4
                                      : 0;
    if (length == 0 || length > n) return 0;
    if (length == 1) return 1;
    uint32_t code = s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (s[i] >> 6 != 2) return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
    return length;
}

static bool
is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static enum hd_text
kind_of(const unsigned char *s, size_t n) {
    enum hd_text kind = HD_TEXT_PLAIN;
    for (size_t i = 0; i < n;) {
        size_t length = character(s + i, n - i);
        if (length == 0) return HD_TEXT_BYTES;
        if (length > 1) kind = HD_TEXT_UTF8;
        else if (!is_plain(s[i]) && kind == HD_TEXT_PLAIN) kind = HD_TEXT_ASCII;
        i += length;
    }
    return kind;
}

/* Mostly plain text, with what needs care in between. The caller frees it. */
static unsigned char *
some_text(struct random *random, size_t *size) {
    static const char *const special[] = {"\"",           "\\",
                                          "\n",           "\x01",
                                          "\x7f",         "é",
                                          "漢",           "\xf0\x9f\x98\x80",
                                          "\xed\xa0\x80", "\xc0\x80",
                                          "\xff",         "\xe6\xbc",
                                          "\x80",         "\xf4\x90\x80\x80"};
    uint32_t last = sizeof special / sizeof *special;
    if (random_chance(random, 50)) last = 8; // valid
    uint32_t rarity = random_below(random, 4) == 0 ? 100 : random_below(random, 20);
    size_t limit = random_chance(random, 3) ? LONGEST : random_below(random, 60);
    unsigned char *bytes = malloc(limit + 8);
    size_t n = 0;
    while (n < limit) {
        if (random_chance(random, rarity)) {
            const char *part = special[random_below(random, last)];
            memcpy(bytes + n, part, strlen(part));
            n += strlen(part);
        }
        else {
            bytes[n++] = (unsigned char)('a' + random_below(random, 26));
        }
    }
    unsigned char *exact = malloc(n ? n : 1);
    memcpy(exact, bytes, n);
    free(bytes);
    *size = n;
    return exact;
}

/* Reads one JSON string's content back. \xNN, which names use for bytes, stays as it is. */
static size_t
unescape(const char *from, size_t n, unsigned char *to) {
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        CHECK((unsigned char)from[i] >= 0x20 && from[i] != 0x7f && from[i] != '"');
        if (from[i] != '\\') {
            to[size++] = (unsigned char)from[i];
            continue;
        }
        static const char letters[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";
        char letter = from[++i];
        if (letter == 'u') {
            char digits[5] = {0};
            memcpy(digits, from + i + 1, 4);
            to[size++] = (unsigned char)strtoul(digits, NULL, 16);
            i += 4;
        }
        else {
            const char *found = strchr(letters, letter);
            CHECK(letter && found);
            to[size++] = (unsigned char)meanings[found - letters];
        }
    }
    return size;
}

/* The bytes, with those that are no UTF-8 spelled out as \xNN. */
static size_t
spell_out(const unsigned char *s, size_t n, unsigned char *to) {
    size_t size = 0;
    for (size_t i = 0; i < n;) {
        size_t length = character(s + i, n - i);
        if (length == 0) {
            size += (size_t)sprintf((char *)to + size, "\\x%02x", s[i]);
            length = 1;
        }
        else {
            memcpy(to + size, s + i, length);
            size += length;
        }
        i += length;
    }
    return size;
}

static void
check_unescaped(const unsigned char *wanted, size_t n, size_t quotes) {
    char *got = text();
    size_t size = size_of_output() - 2 * quotes;
    if (quotes) CHECK(got[0] == '"' && got[size + 1] == '"');
    unsigned char *back = malloc(size + 1);
    CHECK_EQUAL(n, unescape(got + quotes, size, back));
    CHECK(memcmp(wanted, back, n) == 0);
    free(back);
    free(got);
}

/* It puts plain text up to its limit, and of all other text nothing. */
static void
check_plain(const unsigned char *s, size_t n, enum hd_text kind) {
    start();
    bool put = hd_put_plain(&out, HD_FIELD("field"), s, n);
    CHECK_EQUAL(kind == HD_TEXT_PLAIN && n <= HD_PLAIN_AT_ONCE, put);
    if (!put) {
        CHECK_EQUAL(0, size_of_output());
        return;
    }
    static const char before[] = ",\"field\":\"";
    char *got = text();
    CHECK_EQUAL(sizeof before - 1 + n + 1, size_of_output());
    CHECK(memcmp(got, before, sizeof before - 1) == 0);
    CHECK(memcmp(got + sizeof before - 1, s, n) == 0);
    CHECK(got[sizeof before - 1 + n] == '"');
    free(got);
}

static void
test_text(struct random *random) {
    size_t n;
    unsigned char *s = some_text(random, &n);
    enum hd_text kind = kind_of(s, n);
    CHECK_EQUAL(kind, hd_text_kind(s, n));
    check_plain(s, n, kind);
    if (kind != HD_TEXT_BYTES) {
        start();
        hd_put_escaped(&out, s, n, kind);
        check_unescaped(s, n, 0);
    }
    unsigned char *spelled = malloc(4 * n + 1);
    size_t size = spell_out(s, n, spelled);
    start();
    hd_put_name(&out, s, n);
    check_unescaped(spelled, size, 0);
    start();
    hd_put_quoted_name(&out, (const char *)s, n);
    check_unescaped(spelled, size, 1);
    free(spelled);

    size_t max = random_below(random, (uint32_t)n + 4);
    size_t cut = hd_text_prefix(s, n, max);
    CHECK(cut <= n && cut <= max && (n <= max ? cut == n : cut + 3 >= max));
    if (kind != HD_TEXT_BYTES) {
        CHECK(kind_of(s, cut) != HD_TEXT_BYTES);
        CHECK(cut == n || cut + character(s + cut, n - cut) > max); // no character more fits
    }
    free(s);
}

static void
test_base64(struct random *random) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = random_chance(random, 3) ? LONGEST : random_below(random, 50);
    unsigned char *s = malloc(n ? n : 1);
    for (size_t i = 0; i < n; i++) s[i] = (unsigned char)random_next(random);
    start();
    hd_put_base64(&out, s, n);
    char *got = text();
    CHECK_EQUAL((n + 2) / 3 * 4, strlen(got));
    for (size_t bit = 0; bit < n * 8; bit++) {
        const char *digit = strchr(digits, got[bit / 6]);
        CHECK(digit);
        CHECK_EQUAL(s[bit / 8] >> (7 - bit % 8) & 1, (digit - digits) >> (5 - bit % 6) & 1);
    }
    for (size_t i = (n * 8 + 5) / 6; got[i]; i++) CHECK(got[i] == '=');
    free(got);
    free(s);
}

static void
test_brackets(void) {
    start();
    HD_PUT(&out, "[");
    hd_json_close(&out, ']');
    HD_PUT(&out, "[1,");
    hd_json_close(&out, ']');
    check_text("[][1]");
}

int
main(void) {
    CHECK_EQUAL(0, hd_sink_open_memory(&out));
    test_brackets();
    for (check_seed = 0; check_seed < ROUNDS; check_seed++) {
        struct random random = {check_seed};
        test_integers(&random);
        test_doubles(&random);
        test_text(&random);
        test_base64(&random);
    }
    hd_sink_free(&out);
    return 0;
}
