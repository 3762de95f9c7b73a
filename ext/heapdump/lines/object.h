/*
 * The line of one object in the format of this library.
 */
#ifndef HEAPDUMP_OBJECT_H
#define HEAPDUMP_OBJECT_H

#include <ruby.h>
#include <stddef.h>

#include "lines/state.h"

/* Writes it, unless obj is of a type that is no object. */
void hd_write_object(struct hd_dump *dump, VALUE obj, size_t slot_size);

#endif
