/*
 * Writers of STRING, SYMBOL, REGEXP and MATCH.
 */
#include "lines/writers.h"

#include <ruby/encoding.h>
#include <ruby/re.h>

#include "lines/text.h"
#include "lines/value.h"

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
    if (!RREGEXP_PTR(obj) || !source) return; // allocated but never initialised
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
