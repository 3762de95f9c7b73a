/*
 * Tells other processes of the same user that a signal makes this one dump its heap. While a marker
 * is up, /proc/PID/maps lists a page of a file in memory that bears its name:
 *
 *   7f61c8a3b000-7f61c8a3c000 ---p 00000000 00:01 2051   /memfd:heapdump:USR2:/var/tmp/… (deleted)
 *
 * No file is open for it and no memory behind it. A forked child has it, as it has the handler; what
 * is executed has neither.
 */
#ifndef HEAPDUMP_MARKER_H
#define HEAPDUMP_MARKER_H

#include <stdbool.h>

enum { HD_MARKER_MAX = 249 }; /* bytes of a name, as memfd_create(2) limits it */

/*
 * Puts up the marker of a signal, in place of one that is there; NULL takes it down. False where
 * there are no such markers, the signal is none, or the name is too long.
 */
bool hd_marker_set(int signal, const char *name);

#endif
