/*
 * Writes the lines of ObjectSpace.dump_all (`format: :objspace`), for tools that read these.
 */
#ifndef HEAPDUMP_OBJSPACE_FORMAT_H
#define HEAPDUMP_OBJSPACE_FORMAT_H

#include <ruby.h>
#include <stddef.h>

#include "lines/state.h"

void hd_write_objspace_object(struct hd_dump *dump, VALUE obj, size_t slot_size);
void hd_write_objspace_roots(struct hd_dump *dump);

#endif
