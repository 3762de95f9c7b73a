/* The counts of objects (count.h) as Ruby sees them. */
#ifndef HEAPDUMP_COUNTED_H
#define HEAPDUMP_COUNTED_H

#include <ruby.h>
#include <stdbool.h>

/*
 * Counts the objects by type, and those of classes in `namespaces` (an Array of Strings) by class;
 * with `gc`, after a major GC. Returns the Hash that HeapDump.counts documents. Raises
 * NoMemoryError. The caller holds the GVL.
 */
VALUE hd_counted(VALUE namespaces, bool gc);

#endif
