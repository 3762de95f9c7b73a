/*
 * Gives options.c the default of `processes:`. Does not use Ruby. See processors.h.
 */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif
#include "request/processors.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096 };

/* Reads the first line of a file. Returns false if there is none. */
static bool
read_line(const char *path, char *line) {
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool there = fgets(line, LINE, file) != NULL;
    fclose(file);
    return there;
}

/*
 * The quota of a group in processors; 0 if there is no limit. The file has "QUOTA PERIOD" or "max
 * PERIOD", in microseconds.
 */
static double
quota_of_v2(const char *directory) {
    char path[LINE + 32], line[LINE];
    long long quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", directory);
    if (!read_line(path, line) || sscanf(line, "%lld %lld", &quota, &period) != 2) return 0;
    return quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

/* The same for version 1, which has two files. A quota of -1 means that there is no limit. */
static double
quota_of_v1(const char *directory) {
    char path[LINE + 32], quota[LINE], period[LINE];
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory);
    if (!read_line(path, quota)) return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
    if (!read_line(path, period)) return 0;
    return atoll(quota) > 0 && atoll(period) > 0 ? (double)atoll(quota) / (double)atoll(period) : 0;
}

struct hierarchy {
    double (*quota)(const char *directory);
    const char *mounts[3]; /* where it is usually found */
};

static const struct hierarchy version_2 = {quota_of_v2,
                                           {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}};
static const struct hierarchy version_1 = {quota_of_v1,
                                           {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}};

/*
 * The smallest of all quotas from a group up to the root of its hierarchy; 0 if there is no limit.
 * In a container the path of the group may be that of the host; then only the mount itself can be
 * read.
 */
static double
least_quota(const char *root, const struct hierarchy *hierarchy, const char *group) {
    double least = 0;
    for (int i = 0; hierarchy->mounts[i]; i++) {
        char directory[LINE];
        int mount = snprintf(directory, sizeof directory, "%s%s", root, hierarchy->mounts[i]);
        int size = snprintf(directory + mount, sizeof directory - (size_t)mount, "%s", group);
        if (size < 0 || (size_t)(mount + size) >= sizeof directory) continue;
        for (char *end = directory + mount + size;;) {
            *end = '\0';
            double quota = hierarchy->quota(directory);
            if (quota > 0 && (least == 0 || quota < least)) least = quota;
            if (end == directory + mount) break;
            do end--;
            while (end > directory + mount && *end != '/');
        }
    }
    return least;
}

/* True for "cpu" and "cpu,cpuacct", not for "cpuset". */
static bool
has_cpu(const char *controllers) {
    const char *found = controllers;
    while ((found = strstr(found, "cpu"))) {
        bool begins = found == controllers || found[-1] == ',';
        found += strlen("cpu");
        if (begins && (*found == ',' || *found == '\0')) return true;
    }
    return false;
}

/*
 * The smallest quota that this process has; 0 if there is no limit. Reads lines
 * "ID:CONTROLLERS:PATH". With version 2, CONTROLLERS is empty.
 */
static double
own_quota(const char *root) {
    char line[LINE];
    double least = 0;
    snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = fopen(line, "re");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) continue;
        *group++ = '\0';
        controllers++;
        if (*controllers != '\0' && !has_cpu(controllers)) continue;
        double quota = least_quota(root, *controllers ? &version_1 : &version_2, group);
        if (quota > 0 && (least == 0 || quota < least)) least = quota;
    }
    fclose(file);
    return least;
}

int
hd_processors(const char *root, int most) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : most;
    double quota = own_quota(root);
    if (quota > 0 && quota < count) count = (int)quota;
    return count < 1 ? 1 : count > most ? most : count;
}
