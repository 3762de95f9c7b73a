/*
 * The file that a dump is written to. It is written as PATH.partial-PID, which only its owner can
 * read, and renamed to PATH when it is whole. There is never half a dump under the final name.
 */
#ifndef HEAPDUMP_TARGET_H
#define HEAPDUMP_TARGET_H

#include <limits.h>
#include <stdint.h>

struct hd_target {
    const char *path; /* not owned */
    char partial[PATH_MAX];
    int fd;
};

/*
 * Creates the partial file. A partial file that a dead process has left is replaced, but not one
 * that is still being written. `path` must live as long as `target`. Returns 0 or an errno: EISDIR
 * if path is a directory, ELOOP if it is a symbolic link, EEXIST if it is some other special file,
 * EBUSY if this process is already writing a dump to it.
 */
int hd_target_open(struct hd_target *target, const char *path);

/*
 * Closes the file, which must be `size` bytes long, and gives it its final name. Returns 0 or an
 * errno. After an error the partial file is removed. EBADMSG: the file has another size, or a hole.
 * ESTALE: the file is no longer under its partial name; then nothing is removed, but the file is
 * emptied, whatever name it now has.
 */
int hd_target_commit(struct hd_target *target, uint64_t size);

/* Empties, closes and removes the partial file. */
void hd_target_abort(struct hd_target *target);

#endif
