/*
 * What the processes of a forked dump share: one file, filled in parallel. Each takes the next
 * stretch of the file and the next pages of the heap from here, and tells how far it came.
 */
#ifndef HEAPDUMP_SHARED_H
#define HEAPDUMP_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out/codec.h"

enum { HD_MAX_WORKERS = 16, HD_STRIDES = 16 };

struct hd_heap_count {
    size_t stride, pages, slots, free;
};

/* What one process has written. Read by others only after it has ended, but for `objects`. */
struct hd_tally {
    _Atomic uint64_t objects;
    uint64_t lines;   /* as the sink has counted them, of every kind */
    uint64_t roots;   /* ROOT lines */
    uint64_t bytes;   /* before compression */
    uint64_t written; /* after compression: what this process has put into the file */
    uint64_t errors;
    size_t allocated, gc_runs;
    struct hd_heap_count heaps[HD_STRIDES];
    int heaps_size;
    int error; /* errno of what made it give up, 0 if it came to its end */
};

struct hd_shared {
    _Atomic size_t next_page; /* index of the first page nobody has taken */
    struct hd_tally tallies[HD_MAX_WORKERS];

    /* Where the file ends so far. Changed by who holds the lock; `offset` may be read by anybody. */
    pthread_mutex_t lock;
    _Atomic uint64_t offset;
    struct hd_text_sum text; /* of all that is before it */
    uint64_t device, inode;  /* the file; 0 if that is not to be looked at */

    /* Written by the leader, read by the coordinator after it has ended; `start` before it begins. */
    double start, seconds;
    int processes;         /* that wrote */
    _Atomic bool finished; /* nothing more to do for the leader but to end */
    int error;             /* errno of what made it give up */
    const char *where;     /* what it was doing; a literal */
};

/*
 * Prepares zeroed memory that the processes share. Returns 0 or an errno. `fd` is the file, -1 for
 * none: its number is trusted no more once functions of extensions have run.
 */
int hd_shared_init(struct hd_shared *shared, int fd);

/* Whether `fd` still is that file. */
bool hd_shared_is_file(const struct hd_shared *shared, int fd);

/*
 * Whoever holds the lock is the only one that takes places in the file. Returns 0, or EOWNERDEAD if
 * the process that held it has died: then nothing is right any more, and the lock is not held.
 */
int hd_shared_lock(struct hd_shared *shared);
void hd_shared_unlock(struct hd_shared *shared);

#endif
