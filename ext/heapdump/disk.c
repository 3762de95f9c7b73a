/*
 * The file system of a directory; see disk.h.
 */
#include "disk.h"

#include <stdbool.h>
#include <sys/statvfs.h>
#ifdef __linux__
#    include <linux/magic.h>
#    include <sys/vfs.h>
#endif

/* Other systems do not say so here. */
static bool
is_in_memory(const char *path) {
#ifdef __linux__
    struct statfs fs;
    if (statfs(path, &fs) != 0) return false; // statvfs has just told the same
    return (unsigned long)fs.f_type == TMPFS_MAGIC || (unsigned long)fs.f_type == RAMFS_MAGIC;
#else
    (void)path;
    return false;
#endif
}

VALUE
rb_heapdump_disk(VALUE self, VALUE path) {
    struct statvfs fs;
    (void)self;
    FilePathValue(path);
    const char *name = StringValueCStr(path);
    if (statvfs(name, &fs) != 0) rb_sys_fail_str(path);
    unsigned long long unit = fs.f_frsize ? fs.f_frsize : fs.f_bsize;
    VALUE in_memory = is_in_memory(name) ? Qtrue : Qfalse;
    return rb_ary_new_from_args(3, in_memory, ULL2NUM(fs.f_bavail * unit),
                                ULL2NUM(fs.f_blocks * unit));
}
