/*
 * Markers as named, empty files in memory; see marker.h.
 */
#define _GNU_SOURCE
#include "marker.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#    define MFD_NOEXEC_SEAL 0x0008U // since Linux 6.3
#endif

static void *pages[NSIG];

/* The C library has had a function for it since glibc 2.27. */
static int
create_in_memory(const char *name, unsigned flags) {
#ifdef HAVE_MEMFD_CREATE
    return memfd_create(name, MFD_CLOEXEC | flags);
#elif defined(SYS_memfd_create)
    enum { CLOSE_ON_EXEC = 1 };
    return (int)syscall(SYS_memfd_create, name, CLOSE_ON_EXEC | flags);
#else
    (void)name, (void)flags;
    errno = ENOSYS;
    return -1;
#endif
}

/*
 * Creates a file that can never be executed. Some systems allow no other files in memory; older
 * ones do not know the flag, so the file is created without it there.
 */
static int
create_file(const char *name) {
    int fd = create_in_memory(name, MFD_NOEXEC_SEAL);
    return fd < 0 && errno == EINVAL ? create_in_memory(name, 0) : fd;
}

/*
 * The page lies beyond the end of the file and cannot be accessed. It is mapped only so that
 * /proc/PID/maps lists it.
 */
static void *
map_page(const char *name) {
    int fd = create_file(name);
    if (fd < 0) return NULL;
    void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE, fd, 0);
    close(fd);
    return page == MAP_FAILED ? NULL : page;
}

bool
hd_marker_set(int signal, const char *name) {
    if (signal <= 0 || signal >= NSIG) return false;
    if (name && strlen(name) > HD_MARKER_MAX) return false;
    if (pages[signal]) munmap(pages[signal], (size_t)sysconf(_SC_PAGESIZE));
    pages[signal] = name ? map_page(name) : NULL;
    return !name || pages[signal];
}
