/*
 * Whether a thread may be led elsewhere and back at the place where it stands.
 */
#ifndef HEAPDUMP_ATTACH_MOMENT_H
#define HEAPDUMP_ATTACH_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "thread.h"

/*
 * A restartable sequence (rseq(2)) has to begin anew when it was interrupted. The kernel cares for
 * that when the thread goes on there, but not when it goes on elsewhere and comes back. Notes
 * HA_LATER where `counter` is within one.
 */
bool ha_moment_is_good(struct ha_thread *thread, uint64_t counter);

#endif
