/*
 * What a descriptor stands for. An extension's mark or size function may close a descriptor of the
 * dump, and another file may then get its number.
 */
#ifndef HEAPDUMP_IDENTITY_H
#define HEAPDUMP_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

struct hd_identity {
    uint64_t device, inode;
};

/* Notes what `fd` stands for. Returns 0 or an errno. */
int hd_identify(int fd, struct hd_identity *identity);

/* True if `fd` is open and still stands for the same. */
bool hd_is_same(int fd, const struct hd_identity *identity);

#endif
