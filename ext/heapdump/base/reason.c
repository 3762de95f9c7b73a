/*
 * The words for errors of a dump; see reason.h.
 */
#include "base/reason.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

const char *
hd_reason(int error) {
    switch (error) {
    case EISDIR:
        return "it is a directory; give the name of a file";
    case ELOOP:
        return "it is a symbolic link; give the name it points to";
    case EEXIST:
        return "something else than a regular file of this user stands in the way";
    case EBUSY:
        return "a dump to it is already being written";
    case ENOSYS:
        return "the compression library (libzstd.so.1 or libz.so.1) cannot be loaded; "
               "install it or dump without compression";
    case ESTALE:
        return "its partial file was removed or replaced before it was whole";
    case EDEADLK:
        return "its process crashed or hung on what another Ractor was about to change; try again";
    case ECHILD:
        return "one of its processes ended before it had finished; an extension's mark or size "
               "function may have ended it";
    case ENOTRECOVERABLE:
        return "the GC ran while objects were read; an extension's mark or size function must have "
               "started it";
    case EBADF:
        return "its descriptor was closed or replaced by an extension's mark or size function";
    case EOVERFLOW:
        return "the thread or fiber that makes it has too little of its stack left; make it in "
               "another thread, or with larger stacks (RUBY_THREAD_MACHINE_STACK_SIZE, "
               "RUBY_FIBER_MACHINE_STACK_SIZE; ulimit -s for the main thread)";
    case EFAULT:
        return "what is outside of objects could not be read";
    case EBADMSG:
        return "the lines or bytes that were written are not as many as there should be; this is a "
               "fault of heapdump, or an extension's function has written to the file";
    case ETIMEDOUT:
        return "it took longer than timeout: allows";
    default:
        return strerror(error);
    }
}

/* True if the directory that the path's file is to be in exists. */
static bool
has_directory(const char *path) {
    char directory[PATH_MAX];
    struct stat stat_there;
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length >= sizeof directory) return false;
    if (length == 0) return true;
    memcpy(directory, path, length);
    directory[length] = '\0';
    return stat(directory, &stat_there) == 0;
}

const char *
hd_path_reason(const char *path, int error) {
    size_t length = strlen(path);
    if (length == 0) return "the path is empty; give the name of a file";
    if (error == EISDIR && path[length - 1] == '/')
        return "it ends with a slash, as only a directory may; give the name of a file";
    if (error == ENOENT) {
        return has_directory(path)
                   ? "no file can be made in its directory; give a path in another one"
                   : "a directory of its path does not exist; make it or give another path";
    }
    return hd_reason(error);
}
