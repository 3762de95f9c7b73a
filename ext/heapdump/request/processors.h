/*
 * How many processors this process may use.
 */
#ifndef HEAPDUMP_PROCESSORS_H
#define HEAPDUMP_PROCESSORS_H

enum { HD_MAX_WORKERS = 16 }; /* the most that `processes:` may be */

/*
 * The processors of its affinity mask, or as many whole ones as the narrowest CPU quota of its
 * cgroup and of those above allows (cpu.max of version 2, cpu.cfs_quota_us of version 1); at least
 * 1 and at most `most`. Files are looked for below `root`, "" for the system's own. Reads a few
 * small files; never fails.
 */
int hd_processors(const char *root, int most);

#endif
