/*
 * The file that a dump goes to: written as PATH.partial-PID, readable by its owner alone, and
 * renamed to PATH when it is whole. Nothing ever stands half under the final name.
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
 * Creates the partial file. One left behind by a dead writer is replaced, one that is being
 * written is not. Returns 0 or an errno: EISDIR if path is a directory, ELOOP if it is a symbolic
 * link, EEXIST if it is some other special file, EBUSY if another dump to it is under way.
 */
int hd_target_open(struct hd_target *target, const char *path);

/*
 * Closes the file, which must be `size` bytes long, and gives it its final name. Returns 0, or an
 * errno after removing it: EBADMSG where it has another size or a hole; ESTALE where it is no longer under its
 * partial name: then it is emptied, wherever it is.
 */
int hd_target_commit(struct hd_target *target, uint64_t size);

/* Empties, closes and removes the partial file. */
void hd_target_abort(struct hd_target *target);

#endif
