/*
 * The mappings of a process, line by line, as Linux lists them in /proc/PID/maps. Takes no lock and
 * allocates nothing. No ruby.h.
 */
#ifndef HEAPDUMP_MAPS_H
#define HEAPDUMP_MAPS_H

#include <stdbool.h>
#include <stdint.h>

struct hd_mapping {
    uintptr_t start, end;
    bool readable, writable, executable, shared;
    /* A file ("/usr/lib/x.so"), what the kernel calls it ("[heap]"), or "". Valid in the call. */
    const char *path;
};

/*
 * Calls fn for each line that `fd`, an open file of that kind, has from its place on. Returns false
 * if it could not be read to its end, or has a line of 16 KiB, which the kernel does not write.
 */
bool hd_maps_each(int fd, void (*fn)(const struct hd_mapping *mapping, void *data), void *data);

#endif
