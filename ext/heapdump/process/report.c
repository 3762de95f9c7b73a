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
        n = snprintf(line, HD_REPORT_SIZE, "done %llu %llu %.6f %d\n",
                     (unsigned long long)report->objects, (unsigned long long)report->bytes,
                     report->seconds, report->processes);
    }
    return n < HD_REPORT_SIZE ? (size_t)n : HD_REPORT_SIZE - 1;
}

bool
hd_report_read(char *line, struct hd_report *report) {
    unsigned long long objects = 0, bytes = 0;
    int where = 0;
    *report = (struct hd_report){.where = ""};
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "failed %d %d %llu %n", &report->error, &report->signal, &objects, &where) ==
        3) {
        if (where) report->where = line + where;
    }
    else if (sscanf(line, "done %llu %llu %lf %d", &objects, &bytes, &report->seconds,
                    &report->processes) != 4) {
        return false;
    }
    report->objects = objects;
    report->bytes = bytes;
    return true;
}
