/*
 * Writes the text of Strings. The option `strings` says how much of a text may stand in a dump;
 * this is decided here.
 */
#ifndef HEAPDUMP_TEXT_H
#define HEAPDUMP_TEXT_H

#include <ruby.h>
#include <ruby/encoding.h>

#include "lines/state.h"

/* The number of the encoding of a String. */
static inline int
hd_encoding_of(VALUE string) {
    return RB_ENCODING_GET(string); // mostly it stands in the flags
}

/*
 * Writes the content of a String as far as the option `strings` allows: as the field `value`,
 * `value_base64` or `value_hash`, or not at all. `encoding` is that of the String.
 */
void hd_write_text(struct hd_dump *dump, VALUE string, int encoding);

#endif
