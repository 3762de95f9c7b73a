/*
 * The text of Strings; see text.h.
 */
#include "lines/text.h"

#include "out/json.h"

static bool
is_ascii_compatible(int encoding) {
    return encoding == rb_utf8_encindex() || encoding == rb_ascii8bit_encindex() ||
           rb_enc_asciicompat(rb_enc_from_index(encoding));
}

static void
put_any_text(struct hd_dump *dump, struct hd_field field, const unsigned char *bytes, size_t n,
             int encoding) {
    struct hd_sink *out = &dump->out;
    enum hd_text kind = hd_text_kind(bytes, n);
    if (kind == HD_TEXT_UTF8 && encoding != rb_utf8_encindex()) kind = HD_TEXT_BYTES;
    if (n > 0 && !is_ascii_compatible(encoding)) kind = HD_TEXT_BYTES;
    if (kind == HD_TEXT_BYTES) {
        HD_PUT(out, ",\"value_base64\":\"");
        hd_put_base64(out, bytes, n);
    }
    else {
        hd_put_field(out, field);
        hd_put_char(out, '"');
        hd_put_escaped(out, bytes, n, kind);
    }
    hd_put_char(out, '"');
}

static void
put_text(struct hd_dump *dump, const unsigned char *bytes, size_t n, int encoding) {
    // dump_all puts a space after each comma, and some tools search for that
    static const struct hd_field of_dump_all = {", \"value\":", sizeof ", \"value\":" - 1};
    bool theirs = dump->options->format == HD_FORMAT_OBJSPACE;
    struct hd_field field = theirs ? of_dump_all : HD_FIELD("value");
    // The cached code range is not used: an extension may have written into the buffer since, and
    // one wrong byte makes the line invalid.
    bool put = is_ascii_compatible(encoding) && hd_put_plain(&dump->out, field, bytes, n);
    if (!put) put_any_text(dump, field, bytes, n, encoding);
}

static void
put_text_hash(struct hd_dump *dump, const unsigned char *bytes, size_t n) {
    // the key of this hash is a random number of the process, which does not stand in the dump
    uint64_t hash = (uint64_t)rb_memhash(bytes, (long)n);
    HD_PUT(&dump->out, ",\"value_hash\":\"");
    hd_hex8(hd_hex8(hd_sink_reserve(&dump->out, 16), (uint32_t)(hash >> 32)), (uint32_t)hash);
    dump->out.pos += 16;
    hd_put_char(&dump->out, '"');
}

void
hd_write_text(struct hd_dump *dump, VALUE string, int encoding) {
    const unsigned char *text = (const unsigned char *)RSTRING_PTR(string);
    size_t n = (size_t)RSTRING_LEN(string);
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
