/*
 * A file that several processes fill; see shared.h.
 */
#include "out/shared.h"

#include <errno.h>
#include <sys/stat.h>

bool
hd_shared_is_file(const struct hd_shared *shared, int fd) {
    struct stat stat;
    if (shared->inode == 0) return true;
    return fstat(fd, &stat) == 0 && stat.st_dev == shared->device && stat.st_ino == shared->inode;
}

int
hd_shared_init(struct hd_shared *shared, int fd) {
    pthread_mutexattr_t attributes;
    struct stat stat;
    if (fd >= 0) {
        if (fstat(fd, &stat) != 0) return errno;
        shared->device = stat.st_dev;
        shared->inode = stat.st_ino;
    }
    int error = pthread_mutexattr_init(&attributes);
    if (error) return error;
    error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!error) error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (!error) error = pthread_mutex_init(&shared->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

int
hd_shared_lock(struct hd_shared *shared) {
    int error = pthread_mutex_lock(&shared->lock);
    // unlocked without pthread_mutex_consistent, it returns an error to every process from now on
    if (error == EOWNERDEAD) pthread_mutex_unlock(&shared->lock);
    return error == ENOTRECOVERABLE ? EOWNERDEAD : error;
}

void
hd_shared_unlock(struct hd_shared *shared) {
    pthread_mutex_unlock(&shared->lock);
}
