/* To be preloaded: a disk that says it has written what it has not. LYING_DISK names which write at
 * an offset is lost, counted in each process from 1, and "last" those that go behind all others. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    static int writes;
    if (!real) real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    const char *lost = getenv("LYING_DISK");
    if (lost && strcmp(lost, "last") == 0) {
        if (memmem(bytes, size, "\"FOOTER\"", 8)) return (ssize_t)size;
    }
    else if (lost && ++writes == atoi(lost)) {
        return (ssize_t)size;
    }
    return real(fd, bytes, size, offset);
}
