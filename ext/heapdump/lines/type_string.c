/*
 * Writers of STRING, SYMBOL, REGEXP and MATCH.
 */
#include "lines/writers.h"

#include <ruby/encoding.h>
#include <ruby/re.h>

#include "lines/text.h"
#include "lines/value.h"

/* Writes what all texts have: size, encoding and content. */
static void
write_string(struct hd_dump *dump, VALUE string) {
    struct hd_sink *out = &dump->out;
    int encoding = hd_encoding_of(string);
    unsigned char *to = hd_sink_reserve(out, 64);
    to = hd_at_u64(HD_AT(to, ",\"bytesize\":"), (uint64_t)RSTRING_LEN(string));
    bool is_utf8 = encoding == rb_utf8_encindex();
    if (is_utf8) to = HD_AT(to, ",\"encoding\":\"UTF-8\"");
    out->pos = to;
    if (!is_utf8 && encoding != rb_ascii8bit_encindex()) {
        const char *name = rb_enc_name(rb_enc_from_index(encoding));
        HD_PUT(out, ",\"encoding\":");
        hd_put_quoted_name(out, name, strlen(name));
    }
    hd_write_text(dump, string, encoding);
}

void
hd_write_string(struct hd_dump *dump, VALUE obj) {
    write_string(dump, obj);
    unsigned char *to = hd_sink_reserve(&dump->out, 64);
    if (hd_mri_string_embedded(obj)) to = HD_AT(to, ",\"embedded\":true");
    if (RB_FL_TEST_RAW(obj, RSTRING_FSTR)) to = HD_AT(to, ",\"fstring\":true");
    if (hd_mri_string_shared(obj)) to = HD_AT(to, ",\"shared\":true");
    dump->out.pos = to;
}

void
hd_write_symbol(struct hd_dump *dump, VALUE obj) {
    VALUE string = rb_sym2str(obj);
    if (!RTEST(string)) return;
    write_string(dump, string);
    hd_write_ref(dump, HD_FIELD("string"), string);
}

void
hd_write_regexp(struct hd_dump *dump, VALUE obj) {
    VALUE source = RREGEXP(obj)->src;
    if (!RREGEXP_PTR(obj) || !source) return; // allocated but never initialised
    write_string(dump, source);
    hd_put_number(&dump->out, HD_FIELD("options"), (uint64_t)rb_reg_options(obj));
    hd_write_ref(dump, HD_FIELD("source"), source);
}

void
hd_write_match(struct hd_dump *dump, VALUE obj) {
    hd_write_ref(dump, HD_FIELD("string"), RMATCH(obj)->str);
    hd_write_ref(dump, HD_FIELD("regexp"), RMATCH(obj)->regexp);
}
