/*
 * Remembers the types of T_DATA whose functions have hung in this process (guard.h). Every object
 * of such a type would hang as long again, so these functions are not called any more. Forked
 * children inherit what their parent remembers.
 */
#ifndef HEAPDUMP_HUNG_H
#define HEAPDUMP_HUNG_H

#include <ruby.h>
#include <stdbool.h>

/*
 * The three steps in which the line of an object is made. The first and the last step call
 * functions of extensions. If one fails while references are collected, the line has no references;
 * if one fails while the size is read, the line has everything but the size.
 */
enum hd_step { HD_COLLECTING, HD_NAMING, HD_SIZING };

extern int hd_hung_types; /* how many are remembered */
bool hd_is_of_hung_type(VALUE obj, enum hd_step step);

/* True if the function that this step calls has hung before and must not be called for obj. */
static inline bool
hd_has_hung(VALUE obj, enum hd_step step) {
    return hd_hung_types > 0 && hd_is_of_hung_type(obj, step);
}

/* Remembers that the function has hung. At most 16 functions are remembered; more are ignored. */
void hd_remember_hung(VALUE obj, enum hd_step step);

#endif
