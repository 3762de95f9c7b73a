/*
 * Writes the text of Strings. The option `strings` says how much of a text may stand in a dump;
 * this is decided here.
 */
#ifndef HEAPDUMP_TEXT_H
#define HEAPDUMP_TEXT_H

#include <ruby.h>

#include "lines/state.h"

/*
 * Writes the content of a String as far as the option `strings` allows: as the field `value`,
 * `value_base64` or `value_hash`, or not at all.
 */
void hd_write_text(struct hd_dump *dump, VALUE string);

#endif
