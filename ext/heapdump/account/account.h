/*
 * What the memory of a process consists of: the header's `memory` (docs/account.md).
 *
 * The figures come from the kernel, from MRI and from malloc. Each is taken for itself, and one
 * that nobody tells is left out of the header. In a forked dump a process of its own takes them
 * (process/accountant.h), in which anonymous memory is as it was at the fork; what is mapped from
 * files is read in /proc of the application.
 */
#ifndef HEAPDUMP_ACCOUNT_H
#define HEAPDUMP_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "out/sink.h"

struct hd_pages;

#define HD_UNKNOWN UINT64_MAX
enum { HD_ACCOUNT_FILES = 10, HD_ACCOUNT_PATH = 1024 };

/* All sizes are in bytes, HD_UNKNOWN for what is not known. No pointers: processes share it. */
struct hd_account {
    pid_t process; /* the process that is dumped */
    uint64_t rss, peak_rss, swap, pss, private, anonymous;
    struct hd_cgroup {
        uint64_t current, inactive_file, limit, oom_group;
    } cgroup;
    struct hd_allocator {
        char name[16], version[80]; /* empty if not known */
        uint64_t arenas, in_use, untouched, free, mapped, resident, metadata;
    } allocator;
    struct hd_stack_figures {
        uint64_t threads, fibers, reserved, touched, vm_reserved, vm_touched, native_reserved,
            native_touched;
        uint64_t in_memsize; /* touched VM stacks that `memsize` of threads counts */
        uint64_t allocated;  /* VM stacks that malloc gave */
    } stacks;
    struct hd_code_figures {
        uint64_t bytes;
        size_t files_size;
        struct hd_mapped_file {
            uint64_t bytes;
            char path[HD_ACCOUNT_PATH];
        } files[HD_ACCOUNT_FILES];
    } code;
    struct hd_heap_figures {
        uint64_t bytes, touched;
        uint64_t transient; /* contents of young arrays and hashes (Ruby < 3.3), in memory */
    } heap_pages;
    struct {
        char name[16]; /* empty if none runs */
        uint64_t code, metadata;
    } jit;
};

/* Call once, when the extension is loaded: finds out which malloc this process has. */
void hd_account_init(void);

/* An account of `process` of which nothing is known. */
void hd_account_begin(struct hd_account *account, pid_t process);

/*
 * Reads what the kernel tells in /proc/PID/status. Cheap. The only step that is taken in the
 * process that is dumped, before it forks.
 */
void hd_account_read_status(struct hd_account *account);

/*
 * Takes everything else, in the dumped process itself or in a copy of it. A copy is made by fork
 * and must not have touched much memory yet. Reads each slot of the heap once, and asks malloc
 * last, because malloc could wait for ever for a lock that was held at the fork. Allocates no Ruby
 * object.
 */
void hd_account_take(struct hd_account *account, const struct hd_pages *pages);

/* Puts the field `memory` of the header, with its comma: what is known of it, be it nothing. */
void hd_account_put(struct hd_sink *out, const struct hd_account *account);

#endif
