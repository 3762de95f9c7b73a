/*
 * A file that several processes fill at the same time. Each process takes the next free part of the
 * file. Where that begins is kept here, in memory that the processes share.
 */
#ifndef HEAPDUMP_SHARED_H
#define HEAPDUMP_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "out/codec.h"
#include "out/identity.h"

struct hd_shared {
    /*
     * The current end of the file. Only the process that holds the lock may change `offset`, `text`
     * and `broken`; `offset` may be read by all.
     */
    pthread_mutex_t lock;
    _Atomic uint64_t offset;
    struct hd_text_sum text;     /* the sum of all text before `offset` */
    bool broken;                 /* a process has died that held the lock */
    struct hd_identity identity; /* of the file; 0 if that is not to be checked */
};

/*
 * Prepares `shared`, which must be zeroed and lie in memory that the processes share. `fd` is the
 * descriptor of the file; -1 if there is no file to check. Which file it is gets noted, because a
 * function of an extension may later close the descriptor or replace it. Returns 0 or an errno.
 */
int hd_shared_init(struct hd_shared *shared, int fd);

/* True if `fd` is still the descriptor of that file, or if there is no file to check. */
bool hd_shared_is_file(const struct hd_shared *shared, int fd);

/*
 * Takes the lock. A process must hold it to take a part of the file. Returns 0, or EOWNERDEAD if a
 * process has died that held it: now, or ever before. In that case the lock is not held, and the
 * file cannot be completed. All who wait for the lock are told.
 */
int hd_shared_lock(struct hd_shared *shared);
void hd_shared_unlock(struct hd_shared *shared);

#endif
