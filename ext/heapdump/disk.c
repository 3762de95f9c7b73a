/*
 * The file system of a directory; see disk.h.
 */
#include "disk.h"

#include <errno.h>
#include <ruby/thread.h>
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

struct question {
    const char *path;
    struct statvfs fs;
    bool in_memory;
    int sys_errno;
};

/* Without the GVL: the server of a network file system may not answer. */
static void *
ask(void *arg) {
    struct question *question = arg;
    question->sys_errno = statvfs(question->path, &question->fs) == 0 ? 0 : errno;
    question->in_memory = question->sys_errno == 0 && is_in_memory(question->path);
    return NULL;
}

VALUE
rb_heapdump_disk(VALUE self, VALUE path) {
    (void)self;
    FilePathValue(path);
    path = rb_str_new_frozen(path); // nobody else changes it meanwhile
    struct question question = {.path = StringValueCStr(path)};
    rb_thread_call_without_gvl(ask, &question, RUBY_UBF_IO, NULL);
    if (question.sys_errno != 0) rb_syserr_fail_str(question.sys_errno, path);
    const struct statvfs *fs = &question.fs;
    unsigned long long unit = fs->f_frsize ? fs->f_frsize : fs->f_bsize;
    VALUE in_memory = question.in_memory ? Qtrue : Qfalse;
    RB_GC_GUARD(path);
    return rb_ary_new_from_args(3, in_memory, ULL2NUM(fs->f_bavail * unit),
                                ULL2NUM(fs->f_blocks * unit));
}
