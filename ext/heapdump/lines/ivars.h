/*
 * Instance variables of objects of every type.
 */
#ifndef HEAPDUMP_IVARS_H
#define HEAPDUMP_IVARS_H

#include <ruby.h>
#include <stdbool.h>

#include "lines/state.h"

/* Instance variables of any object, as the field `ivars`. */
void hd_write_ivars(struct hd_dump *dump, VALUE obj);

/* Those of a module or class, apart from its class variables: `ivars`, `class_variables`. */
void hd_write_variables(struct hd_dump *dump, VALUE obj, bool singleton);

#endif
