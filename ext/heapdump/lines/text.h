/*
 * The text of Strings. What of it may be seen is decided here, by the option `strings`.
 */
#ifndef HEAPDUMP_TEXT_H
#define HEAPDUMP_TEXT_H

#include <ruby.h>

#include "lines/state.h"

/* The content of a String by the policy for text that comes from data: `value` or its kin. */
void hd_write_text(struct hd_dump *dump, VALUE string);

#endif
