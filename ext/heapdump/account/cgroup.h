/*
 * The memory of the control group of this process, as Linux reports it (version 1 or 2).
 */
#ifndef HEAPDUMP_CGROUP_H
#define HEAPDUMP_CGROUP_H

#include "account/account.h"

/*
 * Reads what is known; the rest stays HD_UNKNOWN, as all of it must be before. The limit is the
 * least of the group and of those above it, as far as they can be seen; unknown if there is none.
 * `root` is put before each path that is read: "", except in a test.
 */
void hd_cgroup_read(struct hd_cgroup *cgroup, const char *root);

#endif
