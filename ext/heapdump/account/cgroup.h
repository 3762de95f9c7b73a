/*
 * The memory of the control group of this process, as Linux reports it (version 1 or 2).
 */
#ifndef HEAPDUMP_CGROUP_H
#define HEAPDUMP_CGROUP_H

#include "account/account.h"

/* Reads what is known; the rest stays HD_UNKNOWN. The limit is unknown if there is none. */
void hd_cgroup_read(struct hd_cgroup *cgroup);

#endif
