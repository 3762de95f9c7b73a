/*
 * The file system of a directory, for which Ruby has no method: how much room it has, and whether
 * its files take memory.
 */
#ifndef HEAPDUMP_DISK_H
#define HEAPDUMP_DISK_H

#include <ruby.h>

/*
 * HeapDump.disk(path) => [in_memory, free, total]: true for tmpfs and ramfs; the bytes that this
 * user may still write; the bytes of the whole file system. Raises SystemCallError. Private.
 */
VALUE rb_heapdump_disk(VALUE self, VALUE path);

#endif
