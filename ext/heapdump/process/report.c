/*
 * The line that says how a dump has ended; see report.h.
 */
#include "process/report.h"

#include <stdio.h>
#include <string.h>

size_t
hd_report_write(const struct hd_report *report, char line[HD_REPORT_SIZE]) {
    int n;
    if (report->error || report->signal) {
        n = snprintf(line, HD_REPORT_SIZE, "failed %d %d %llu %s\n", report->error, report->signal,
                     (unsigned long long)report->objects, report->where);
    }
    else {
        // no fraction: some locales write a comma
        unsigned long long microseconds = report->seconds > 0
                                              ? (unsigned long long)(report->seconds * 1e6 + 0.5)
                                              : 0;
        n = snprintf(line, HD_REPORT_SIZE, "done %llu %llu %llu %d\n",
                     (unsigned long long)report->objects, (unsigned long long)report->bytes,
                     microseconds, report->processes);
    }
    return n < HD_REPORT_SIZE ? (size_t)n : HD_REPORT_SIZE - 1;
}

bool
hd_report_read(char *line, struct hd_report *report) {
    unsigned long long objects = 0, bytes = 0, microseconds = 0;
    int where = 0;
    *report = (struct hd_report){.where = ""};
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "failed %d %d %llu %n", &report->error, &report->signal, &objects, &where) ==
        3) {
        if (where) report->where = line + where;
    }
    else if (sscanf(line, "done %llu %llu %llu %d", &objects, &bytes, &microseconds,
                    &report->processes) != 4) {
        return false;
    }
    report->objects = objects;
    report->bytes = bytes;
    report->seconds = (double)microseconds / 1e6;
    return true;
}
