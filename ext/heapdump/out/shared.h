/*
 * A file that several processes fill side by side: each takes the next stretch of it from here, in
 * memory that they share.
 */
#ifndef HEAPDUMP_SHARED_H
#define HEAPDUMP_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "out/codec.h"

struct hd_shared {
    /* Where the file ends so far. Changed by who holds the lock; `offset` may be read by anybody. */
    pthread_mutex_t lock;
    _Atomic uint64_t offset;
    struct hd_text_sum text; /* of all that is before it */
    uint64_t device, inode;  /* the file; 0 if that is not to be looked at */
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
