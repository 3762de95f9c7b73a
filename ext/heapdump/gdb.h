/*
 * What a debugger may call: the only symbols besides Init_heapdump that can be seen from outside.
 *
 *   (gdb) print (int) heapdump_dump("/var/tmp/heap.json")
 *
 * They may be called on any thread at any moment, and refuse where that would do harm. In the process
 * itself they do nothing but fork: Ruby's stack and heap are in the middle of something, so what
 * needs Ruby happens in the child, a copy that never comes back. Nothing raises or jumps out of
 * them. What they have to say goes to the stderr of the process.
 */
#ifndef HEAPDUMP_GDB_H
#define HEAPDUMP_GDB_H

#include <ruby.h>

enum heapdump_status {
    HEAPDUMP_OK = 0,
    HEAPDUMP_NOT_READY = 1, /* the extension was not loaded by require, or cannot dump this Ruby */
    HEAPDUMP_IN_GC = 2,     /* the GC is running: continue, and try again */
    HEAPDUMP_NO_LOCK = 3,   /* not a thread of Ruby's, or it has let go of the VM's lock */
    HEAPDUMP_BUSY = 4,      /* inside of malloc or fork: continue, and try again */
    HEAPDUMP_FAILED = 5     /* no process or pipe to be had */
};

/*
 * Starts a dump of the heap, without a GC first, to `path` (NULL: dump.json in the working directory
 * of the process) and returns while it is written. One line on stderr tells when it is done, or why
 * it failed. Returns an enum heapdump_status.
 */
int heapdump_dump(const char *path);

/*
 * Counts the objects of the heap, and those of classes within the namespaces that are named: a list
 * of names that ends with NULL or "". Writes JSON as HeapDump.count_objects returns it to stderr.
 * Returns an enum heapdump_status.
 */
int heapdump_count_objects_print(const char *first, ...);

/*
 * The same as a string, which the caller may free; NULL where it is refused, with the reason on
 * stderr. The memory for it was taken when the extension was loaded: that does for four results of
 * 256 KiB at most.
 */
char *heapdump_count_objects_return(const char *first, ...);

/*
 * Not for debuggers. Once, from Init: until then the functions refuse. `start` and `count` are what
 * HeapDump.start and HeapDump.count are made of, taken here whatever the program makes of the module.
 */
void hd_gdb_init(VALUE (*start)(VALUE self, VALUE path, VALUE fd, VALUE keywords),
                 VALUE (*count)(VALUE self, VALUE namespaces, VALUE gc));

#endif
