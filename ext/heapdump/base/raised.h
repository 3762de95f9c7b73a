/*
 * Questions about what rb_errinfo returns after rb_protect has stopped something. It is an
 * exception if one was raised. After a throw, or when the thread is told to end, it is an internal
 * value of MRI, on which no method may be called.
 */
#ifndef HEAPDUMP_RAISED_H
#define HEAPDUMP_RAISED_H

#include <ruby.h>
#include <stdbool.h>

/*
 * Safe for any value of rb_errinfo: it first looks at the type, which is T_OBJECT for exceptions.
 */
static inline bool
hd_is_exception(VALUE error) {
    return RB_TYPE_P(error, T_OBJECT) && RTEST(rb_obj_is_kind_of(error, rb_eException));
}

/* True if `error` is an exception of class `klass`. */
static inline bool
hd_is_raised(VALUE error, VALUE klass) {
    return hd_is_exception(error) && RTEST(rb_obj_is_kind_of(error, klass));
}

#endif
