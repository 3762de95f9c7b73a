/*
 * Tells other processes of the same user that a signal makes this one dump its heap. While a marker
 * is up, /proc/PID/maps lists a page of a file in memory that bears its name:
 *
 *   7f61c8a3b000-7f61c8a3c000 ---p 00000000 00:01 2051   /memfd:heapdump:USR2:/var/tmp/… (deleted)
 *
 * The marker needs no open file and no memory. A forked child inherits the marker and the signal
 * handler; a program that the process executes (exec) has neither.
 */
#ifndef HEAPDUMP_MARKER_H
#define HEAPDUMP_MARKER_H

#include <stdbool.h>

enum { HD_MARKER_MAX = 249 }; /* bytes of a name, as memfd_create(2) limits it */

/*
 * Puts up the marker of a signal and replaces an earlier one; a NULL name only takes the marker
 * down. Returns false if this platform has no markers, the number is no signal, or the name is too
 * long.
 */
bool hd_marker_set(int signal, const char *name);

#endif
