/*
 * What a debugger may call: the only symbols besides Init_heapdump that can be seen from outside.
 *
 *   (gdb) print (int) heapdump_dump("/var/tmp/heap.json")
 *
 * They may be called on any thread at any moment, and refuse when that would do harm. In the
 * process itself they only fork: Ruby may have been stopped in the middle of any work, so
 * everything that needs Ruby happens in the child, which is a copy of the process and ends by
 * itself. No exception and no jump leaves these functions. Their messages go to the stderr of the
 * process.
 */
#ifndef HEAPDUMP_GDB_H
#define HEAPDUMP_GDB_H

#include <ruby.h>

enum heapdump_status {
    HEAPDUMP_OK = 0,
    HEAPDUMP_NOT_READY = 1, /* the extension was not loaded by require, or cannot dump this Ruby */
    HEAPDUMP_IN_GC = 2,     /* the GC is running: continue, and try again */
    HEAPDUMP_NO_LOCK = 3,   /* the thread is none of Ruby's, or it does not hold the VM's lock */
    HEAPDUMP_BUSY = 4,      /* the thread is in malloc or fork: continue, and try again */
    HEAPDUMP_FAILED = 5     /* no process or pipe could be created */
};

/* In an idle process every thread gets HEAPDUMP_NO_LOCK: heapdump.gdb has commands for that. */

/*
 * Starts a dump of the heap to `path`, without running the GC first, and returns while the dump is
 * still being written. If `path` is NULL or "", the file is dump.json in the working directory of
 * the process. The dump shows as much of the contents of strings as the process's own dumps do
 * (own_strings.h). When the dump is done or has failed, a line on stderr says so. Returns an enum
 * heapdump_status.
 */
int heapdump_dump(const char *path);

/*
 * Counts the objects of the heap by type, and by class those of classes within the given
 * namespaces. The arguments are the names of the namespaces; the last one is NULL or "". Writes to
 * stderr, as JSON, what HeapDump.count_objects returns. Returns an enum heapdump_status.
 */
int heapdump_count_objects_print(const char *first, ...);

/*
 * Counts in the same way, but returns the JSON as a string, which belongs to the caller (free it
 * with free(3)). Returns NULL if it fails, with the reason on stderr. The memory for the string was
 * allocated when the extension was loaded: there is enough for four calls, with at most 256 KiB
 * each.
 */
char *heapdump_count_objects_return(const char *first, ...);

/*
 * Not for debuggers. Call it once, from Init; until then the functions above refuse. `start` and
 * `count` are the C functions behind HeapDump.start and HeapDump.count. They are called directly,
 * so it does not matter what the program has done with the module.
 */
void hd_gdb_init(VALUE (*start)(VALUE self, VALUE path, VALUE fd, VALUE keywords),
                 VALUE (*count)(VALUE self, VALUE namespaces, VALUE gc));

#endif
