/*
 * The report: one line that says how a dump has ended. The coordinator writes it, and so does a
 * dump in this process. gdb.c reads it by hd_report_read, and Ruby code by lib/heapdump/report.rb.
 *
 *   done OBJECTS BYTES MICROSECONDS PROCESSES
 *   failed ERRNO SIGNAL OBJECTS WHERE        (the partial file is removed; ERRNO or SIGNAL is 0)
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
    int error, signal; /* the dump has failed if one of them is not 0 */
    uint64_t objects, bytes;
    double seconds;
    int processes;
    const char *where; /* during which work it failed; not owned */
};

/* Writes the line into `line`, NUL-terminated. Returns its length. */
size_t hd_report_write(const struct hd_report *report, char line[HD_REPORT_SIZE]);

/*
 * Reads a line into `report`, and changes the line. Afterwards `where` may point into the line.
 * Returns false if the line is no report: it is empty if nothing was reported.
 */
bool hd_report_read(char *line, struct hd_report *report);

#endif
