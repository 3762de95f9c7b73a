/*
 * Writes the instance variables of objects of any type.
 */
#ifndef HEAPDUMP_IVARS_H
#define HEAPDUMP_IVARS_H

#include <ruby.h>
#include <stdbool.h>

#include "lines/state.h"

/*
 * The object in which MRI keeps the variables of `obj`, on whose line they stand; 0 if it keeps
 * them in another way, or if the reference to it has a name already.
 */
VALUE hd_fields_of(struct hd_dump *dump, VALUE obj);

/* Writes the instance variables of any object as the field `ivars`. */
void hd_write_ivars(struct hd_dump *dump, VALUE obj);

/* Writes the variables of a module or class as two fields: `ivars` and `class_variables`. */
void hd_write_variables(struct hd_dump *dump, VALUE obj, bool singleton);

#endif
