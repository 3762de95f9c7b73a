/*
 * Text: STRING, SYMBOL, REGEXP, MATCH. What it may show is the policy's to say.
 */
#include "run/dump.h"

#include <ruby/encoding.h>
#include <ruby/re.h>

static bool
is_ascii_compatible(int encoding) {
    return encoding == rb_utf8_encindex() || encoding == rb_ascii8bit_encindex() ||
           rb_enc_asciicompat(rb_enc_from_index(encoding));
}

static void
put_text(struct hd_dump *dump, const unsigned char *bytes, size_t n, int encoding) {
    struct hd_sink *out = &dump->out;
    // Not the cached code range: extensions write into buffers, and one wrong byte spoils a line.
    enum hd_text kind = hd_text_kind(bytes, n);
    if (kind == HD_TEXT_UTF8 && encoding != rb_utf8_encindex()) kind = HD_TEXT_BYTES;
    if (n > 0 && !is_ascii_compatible(encoding)) kind = HD_TEXT_BYTES;
    if (kind == HD_TEXT_BYTES) {
        HD_PUT(out, ",\"value_base64\":\"");
        hd_put_base64(out, bytes, n);
    }
    else {
        // dump_all puts a space behind each comma, and there are those that search for it
        if (dump->options->format == HD_FORMAT_OBJSPACE) HD_PUT(out, ", \"value\":\"");
        else HD_PUT(out, ",\"value\":\"");
        hd_put_escaped(out, bytes, n, kind);
    }
    hd_put_char(out, '"');
}

static void
put_text_hash(struct hd_dump *dump, const unsigned char *bytes, size_t n) {
    // keyed with a random number of this process, which is nowhere in the dump
    uint64_t hash = (uint64_t)rb_memhash(bytes, (long)n);
    HD_PUT(&dump->out, ",\"value_hash\":\"");
    hd_hex8(hd_hex8(hd_sink_reserve(&dump->out, 16), (uint32_t)(hash >> 32)), (uint32_t)hash);
    dump->out.pos += 16;
    hd_put_char(&dump->out, '"');
}

void
hd_write_text(struct hd_dump *dump, VALUE string) {
    const unsigned char *text = (const unsigned char *)RSTRING_PTR(string);
    size_t n = (size_t)RSTRING_LEN(string);
    int encoding = rb_enc_get_index(string);
    switch (dump->options->strings) {
    case HD_STRINGS_FULL:
        put_text(dump, text, n, encoding);
        break;
    case HD_STRINGS_NONE:
        break;
    case HD_STRINGS_HASH:
        put_text_hash(dump, text, n);
        break;
    case HD_STRINGS_PREFIX:
        put_text(dump, text, hd_text_prefix(text, n, dump->options->strings_prefix), encoding);
        if (n > dump->options->strings_prefix) HD_PUT(&dump->out, ",\"truncated\":true");
        break;
    }
}

static void
write_size_and_encoding(struct hd_dump *dump, VALUE string) {
    struct hd_sink *out = &dump->out;
    hd_put_number(&dump->out, HD_FIELD("bytesize"), (uint64_t)RSTRING_LEN(string));
    int encoding = rb_enc_get_index(string);
    if (encoding == rb_utf8_encindex()) {
        HD_PUT(out, ",\"encoding\":\"UTF-8\"");
    }
    else if (encoding != rb_ascii8bit_encindex()) {
        const char *name = rb_enc_name(rb_enc_from_index(encoding));
        HD_PUT(out, ",\"encoding\":");
        hd_put_quoted_name(out, name, strlen(name));
    }
}

void
hd_write_string(struct hd_dump *dump, VALUE obj) {
    struct hd_sink *out = &dump->out;
    write_size_and_encoding(dump, obj);
    hd_write_text(dump, obj);
    if (hd_mri_string_embedded(obj)) HD_PUT(out, ",\"embedded\":true");
    if (RB_FL_TEST_RAW(obj, RSTRING_FSTR)) HD_PUT(out, ",\"fstring\":true");
    if (hd_mri_string_shared(obj)) HD_PUT(out, ",\"shared\":true");
}

void
hd_write_symbol(struct hd_dump *dump, VALUE obj) {
    VALUE string = rb_sym2str(obj);
    if (!RTEST(string)) return;
    write_size_and_encoding(dump, string);
    hd_write_text(dump, string);
    hd_write_ref(dump, HD_FIELD("string"), string);
}

void
hd_write_regexp(struct hd_dump *dump, VALUE obj) {
    VALUE source = RREGEXP(obj)->src;
    if (!RREGEXP_PTR(obj) || !source) return; // allocated, never initialised
    write_size_and_encoding(dump, source);
    hd_write_text(dump, source);
    hd_put_number(&dump->out, HD_FIELD("options"), (uint64_t)rb_reg_options(obj));
    hd_write_ref(dump, HD_FIELD("source"), source);
}

void
hd_write_match(struct hd_dump *dump, VALUE obj) {
    hd_write_ref(dump, HD_FIELD("string"), RMATCH(obj)->str);
    hd_write_ref(dump, HD_FIELD("regexp"), RMATCH(obj)->regexp);
}
