/*
 * What a descriptor stands for; see identity.h.
 */
#include "out/identity.h"

#include <errno.h>
#include <sys/stat.h>

int
hd_identify(int fd, struct hd_identity *identity) {
    struct stat stat;
    if (fstat(fd, &stat) != 0) return errno;
    *identity = (struct hd_identity){.device = stat.st_dev, .inode = stat.st_ino};
    return 0;
}

bool
hd_is_same(int fd, const struct hd_identity *identity) {
    struct hd_identity now = {0};
    return hd_identify(fd, &now) == 0 && now.device == identity->device &&
           now.inode == identity->inode;
}
