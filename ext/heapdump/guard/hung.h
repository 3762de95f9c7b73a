/*
 * The types of data whose functions have hung in this process (guard.h). Each of their objects would
 * take as long again, so they are not called any more. Children that are forked know them, too.
 */
#ifndef HEAPDUMP_HUNG_H
#define HEAPDUMP_HUNG_H

#include <ruby.h>
#include <stdbool.h>

/*
 * The line of an object in three steps. The first and the last call functions of extensions: one
 * that fails while references are collected leaves a line without them, one that fails while the
 * size is asked for leaves all but that.
 */
enum hd_step { HD_COLLECTING, HD_NAMING, HD_SIZING };

/* Whether the function that this step calls is not to be called for obj. */
bool hd_has_hung(VALUE obj, enum hd_step step);

/* Remembers that it has hung; at most 16 of them. */
void hd_remember_hung(VALUE obj, enum hd_step step);

#endif
