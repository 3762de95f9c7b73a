/*
 * Finds out how many processors this process may use.
 */
#ifndef HEAPDUMP_PROCESSORS_H
#define HEAPDUMP_PROCESSORS_H

enum { HD_MAX_WORKERS = 16 }; /* the most that `processes:` may be */

/*
 * Returns the number of processors in the affinity mask of this process. If its cgroup or a group
 * above has a CPU quota (cpu.max of version 2, cpu.cfs_quota_us of version 1), the smallest quota,
 * rounded down, is the limit. The result is at least 1 and at most `most`. `root` is put before the
 * paths of the files that are read; it is "" for those of the system. Reads a few small files;
 * never fails.
 */
int hd_processors(const char *root, int most);

#endif
