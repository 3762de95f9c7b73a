/*
 * What rb_errinfo returns behind rb_protect: an exception, or something that is no object at all, if
 * what came was a throw or the end of a thread.
 */
#ifndef HEAPDUMP_RAISED_H
#define HEAPDUMP_RAISED_H

#include <ruby.h>
#include <stdbool.h>

/* May be asked of anything. Exceptions are plain objects. */
static inline bool
hd_is_exception(VALUE error) {
    return RB_TYPE_P(error, T_OBJECT) && RTEST(rb_obj_is_kind_of(error, rb_eException));
}

static inline bool
hd_is_raised(VALUE error, VALUE klass) {
    return hd_is_exception(error) && RTEST(rb_obj_is_kind_of(error, klass));
}

#endif
