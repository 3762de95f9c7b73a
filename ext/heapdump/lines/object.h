/*
 * Writes the line of one object in the format of this library (docs/format.md).
 */
#ifndef HEAPDUMP_OBJECT_H
#define HEAPDUMP_OBJECT_H

#include <ruby.h>
#include <stddef.h>

#include "lines/state.h"

/*
 * Writes the line of obj. `slot_size` is in bytes. Writes nothing if the type of obj is no object.
 */
void hd_write_object(struct hd_dump *dump, VALUE obj, size_t slot_size);

#endif
