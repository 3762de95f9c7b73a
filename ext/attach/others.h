/*
 * The other threads of a process, stopped as well. MRI before 3.3 keeps its list of postponed jobs
 * without a lock: another thread that runs the list meanwhile could read a job that is half
 * written.
 */
#ifndef HEAPDUMP_ATTACH_OTHERS_H
#define HEAPDUMP_ATTACH_OTHERS_H

#include "thread.h"

/*
 * Stops all threads but this one, those too that are made meanwhile. One that does not stop at once
 * is in the kernel, in a wait that nothing interrupts: it will stop before it runs any more of the
 * program. When this program ends, at whatever moment, the kernel lets all of them go on.
 *
 * Returns false after a fault of `thread`; nothing was changed then.
 */
bool ha_others_stop(struct ha_thread *thread);

/* Lets them go on. */
void ha_others_release(void);

#endif
