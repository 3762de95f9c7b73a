/*
 * Writes the lines of objects that could not be read, because an extension's function or MRI itself
 * has raised, crashed or hung. Each of them has a line with what is known of it; see guard.h.
 */
#ifndef HEAPDUMP_UNREADABLE_H
#define HEAPDUMP_UNREADABLE_H

#include <ruby.h>

#include "lines/state.h"

/*
 * Writes the line of an object whose reading has failed: anew, or, if only the size is missing, the
 * end of the line that has begun. `outcome` is what hd_guard returned.
 */
void hd_write_unreadable(struct hd_dump *dump, VALUE obj, int outcome);

/*
 * Writes the field `error` and counts it. `outcome` is what hd_guard returned; `doing` is appended
 * to the message, like " while reading it".
 */
void hd_write_error(struct hd_dump *dump, int outcome, const char *doing);

#endif
