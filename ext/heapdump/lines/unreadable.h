/*
 * Objects that could not be read: an extension's function has raised, crashed or hung on them, or
 * MRI has. Each gets a line all the same, with what is known of it; see guard.h.
 */
#ifndef HEAPDUMP_UNREADABLE_H
#define HEAPDUMP_UNREADABLE_H

#include <ruby.h>

#include "lines/state.h"

/* The line of an object that failed, or the end of the line that had begun. */
void hd_write_unreadable(struct hd_dump *dump, VALUE obj, int outcome);

/* The field `error`, counted. `outcome` is that of hd_guard. */
void hd_write_error(struct hd_dump *dump, int outcome, const char *doing);

#endif
