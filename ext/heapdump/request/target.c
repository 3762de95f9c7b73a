/*
 * The file that a dump goes to; see target.h.
 */
#define _GNU_SOURCE
#include "request/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0600 };

static int
check_path(const char *path) {
    struct stat stat;
    size_t length = strlen(path);
    if (length == 0) return ENOENT;
    if (path[length - 1] == '/') return EISDIR;
    if (lstat(path, &stat) != 0) return errno == ENOENT ? 0 : errno;
    if (S_ISLNK(stat.st_mode)) return ELOOP;
    if (S_ISDIR(stat.st_mode)) return EISDIR;
    return S_ISREG(stat.st_mode) ? 0 : EEXIST;
}

static int
create(struct hd_target *target) {
    target->fd = open(target->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
    if (target->fd < 0) return errno;
    flock(target->fd, LOCK_EX | LOCK_NB); // shows other processes that the writer is alive
    return 0;
}

/*
 * Removes a partial file whose writer has died. There may be one, because process ids are used
 * again, in containers very soon.
 */
static int
remove_stale(const char *partial) {
    int fd = open(partial, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return errno;
    struct stat stat;
    int error = 0;
    if (fstat(fd, &stat) != 0) error = errno;
    else if (!S_ISREG(stat.st_mode) || stat.st_uid != geteuid()) error = EEXIST;
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0) error = errno == EWOULDBLOCK ? EBUSY : errno;
    else if (unlink(partial) != 0) error = errno;
    close(fd);
    return error;
}

int
hd_target_open(struct hd_target *target, const char *path) {
    *target = (struct hd_target){.path = path, .fd = -1};
    int error = check_path(path);
    if (error) return error;
    int n = snprintf(target->partial, sizeof target->partial, "%s.partial-%ld", path,
                     (long)getpid());
    if (n < 0 || (size_t)n >= sizeof target->partial) return ENAMETOOLONG;
    error = create(target);
    if (error != EEXIST) return error;
    error = remove_stale(target->partial);
    return error ? error : create(target);
}

/* True if the partial file has not been removed, and no other file is in its place. */
static bool
is_in_place(const struct hd_target *target) {
    struct stat ours, there;
    return fstat(target->fd, &ours) == 0 && lstat(target->partial, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* Empties the file, because its content must not stay under another name that links to it. */
static void
discard(int fd) {
    int ignored = ftruncate(fd, 0);
    (void)ignored;
}

/*
 * True if a part of the file was never written: it reads as zeros. Not all file systems report it.
 */
static bool
has_hole(int fd, off_t size) {
    off_t hole = lseek(fd, 0, SEEK_HOLE);
    return hole >= 0 && hole < size;
}

static int
check_content(int fd, uint64_t size) {
    struct stat stat;
    if (fstat(fd, &stat) != 0) return errno;
    // The file position is 0 if all was written at offsets (forked dumps), or the size if all was
    // written in order. Otherwise somebody else has written to this descriptor.
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at != 0 && (uint64_t)at != size) return EBADMSG;
    return (uint64_t)stat.st_size != size || has_hole(fd, stat.st_size) ? EBADMSG : 0;
}

int
hd_target_commit(struct hd_target *target, uint64_t size) {
    int error = is_in_place(target) ? check_content(target->fd, size) : ESTALE;
    if (error == ESTALE) discard(target->fd);
    // network file systems report a full disk only when the file is closed
    if (close(target->fd) != 0 && errno != EINTR && !error) error = errno;
    target->fd = -1;
    if (error == ESTALE) return error; // what has the partial name now is not our file
    if (!error && rename(target->partial, target->path) != 0) error = errno;
    if (error) unlink(target->partial);
    return error;
}

void
hd_target_abort(struct hd_target *target) {
    if (target->fd < 0) return;
    if (is_in_place(target)) unlink(target->partial); // another file there is not removed
    discard(target->fd);
    close(target->fd);
    target->fd = -1;
}
