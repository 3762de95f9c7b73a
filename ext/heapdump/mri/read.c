/*
 * Reads memory while it is not known yet whether an address is right: by a system call, which
 * returns an error where a load would crash.
 */
#include "mri/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_PROCESS_VM_READV
#    include <sys/uio.h>
#endif

bool hd_careful;
unsigned hd_unreadable;

static int ends[2] = {-1, -1};
static bool readv_is_refused;

/*
 * Only Linux has this system call, and a sandbox may refuse it. Then readv_is_refused becomes true,
 * and the kernel copies through a pipe instead.
 */
static bool
copy_by_readv(void *to, const void *from, size_t size) {
#ifdef HAVE_PROCESS_VM_READV
    if (readv_is_refused) return false;
    struct iovec here = {to, size}, there = {(void *)from, size};
    ssize_t done = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    if (done < 0 && errno != EFAULT) readv_is_refused = true;
    return done == (ssize_t)size;
#else
    (void)to, (void)from, (void)size;
    readv_is_refused = true;
    return false;
#endif
}

static bool
copy_by_pipe(void *to, const void *from, size_t size) {
    if (ends[0] < 0) return false;
    ssize_t written = write(ends[1], from, size); // EFAULT, or fewer bytes, if that is no memory
    if (written <= 0) return false;
    return read(ends[0], to, (size_t)written) == written && written == (ssize_t)size;
}

void
hd_copy_carefully(void *to, const void *from, size_t size) {
    if (copy_by_readv(to, from, size)) return;
    if (readv_is_refused && copy_by_pipe(to, from, size)) return;
    memset(to, 0, size);
    hd_unreadable++;
}

bool
hd_is_readable(const void *from, size_t size) {
    char byte;
    unsigned before = hd_unreadable;
    enum { STEP = 4096 }; // no page is smaller
    for (size_t at = 0; at < size && hd_unreadable == before; at += STEP) {
        hd_copy_carefully(&byte, (const char *)from + at, 1);
    }
    if (size > 0) hd_copy_carefully(&byte, (const char *)from + size - 1, 1);
    return hd_unreadable == before;
}

bool
hd_table_is_sound(const st_table *table) {
    enum { MOST_BITS = 40, ENTRY = 3 * sizeof(st_data_t) };
    if (!hd_careful) return true;
    st_table copy;
    unsigned before = hd_unreadable;
    hd_copy_carefully(&copy, table, sizeof copy);
    if (hd_unreadable != before || copy.entry_power > MOST_BITS) return false;
    if (copy.entries_bound > (st_index_t)1 << copy.entry_power) return false;
    if (copy.entries_start > copy.entries_bound || copy.num_entries > copy.entries_bound)
        return false;
#ifdef HAVE_STRUCT_ST_TABLE_BINS // since Ruby 4.1 they follow the entries
    if (copy.bins && !hd_is_readable(copy.bins, sizeof(st_index_t))) return false;
#endif
    return hd_is_readable(copy.entries, copy.entries_bound * ENTRY);
}

bool
hd_careful_begin(void) {
    char byte, zero = 0;
    readv_is_refused = false;
    hd_unreadable = 0;
    hd_careful = true;
    hd_copy_carefully(&byte, &zero, 1);
    if (!readv_is_refused) return true;
    if (pipe(ends) != 0) {
        ends[0] = ends[1] = -1;
        return false;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    hd_unreadable = 0;
    return true;
}

void
hd_careful_end(void) {
    hd_careful = false;
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) close(ends[i]);
        ends[i] = -1;
    }
}
