/*
 * The line that tells what became of a dump. The coordinator writes it, and so does a dump in this
 * process; gdb.c reads it here, Ruby in lib/heapdump/report.rb.
 *
 *   done OBJECTS BYTES SECONDS PROCESSES
 *   failed ERRNO SIGNAL OBJECTS WHERE        (the partial file is removed; one of the first two is 0)
 *
 * No ruby.h.
 */
#ifndef HEAPDUMP_REPORT_H
#define HEAPDUMP_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HD_REPORT_SIZE = 256 }; /* the longest line, with its newline and a NUL */

struct hd_report {
    int error, signal; /* it has failed where one of them is not 0 */
    uint64_t objects, bytes;
    double seconds;
    int processes;
    const char *where; /* at what it failed; not owned */
};

/* Puts the line there, NUL-terminated. Returns its length. */
size_t hd_report_write(const struct hd_report *report, char line[HD_REPORT_SIZE]);

/* False where the line is none, as it is when nothing was told. `where` then lies in the line. */
bool hd_report_read(char *line, struct hd_report *report);

#endif
