/*
 * A file that several processes fill; see shared.h.
 */
#include "out/shared.h"

#include <errno.h>

bool
hd_shared_is_file(const struct hd_shared *shared, int fd) {
    return shared->identity.inode == 0 || hd_is_same(fd, &shared->identity);
}

int
hd_shared_init(struct hd_shared *shared, int fd) {
    pthread_mutexattr_t attributes;
    int error = fd >= 0 ? hd_identify(fd, &shared->identity) : 0;
    if (error) return error;
    error = pthread_mutexattr_init(&attributes);
    if (error) return error;
    error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!error) error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (!error) error = pthread_mutex_init(&shared->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

/*
 * A lock that nobody has made consistent would answer everybody with an error by itself, but of
 * those who wait glibc (seen with 2.36) wakes only two.
 */
int
hd_shared_lock(struct hd_shared *shared) {
    int error = pthread_mutex_lock(&shared->lock);
    if (error == EOWNERDEAD) {
        error = pthread_mutex_consistent(&shared->lock);
        shared->broken = true;
    }
    if (error || !shared->broken) return error;
    pthread_mutex_unlock(&shared->lock);
    return EOWNERDEAD;
}

void
hd_shared_unlock(struct hd_shared *shared) {
    pthread_mutex_unlock(&shared->lock);
}
