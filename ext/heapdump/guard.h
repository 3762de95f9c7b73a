/*
 * Reading one object, even if that crashes. An extension's mark or size function may follow a bad
 * pointer, or MRI may find a bug; in a forked child that is no reason to give up the other objects.
 * Never armed in the process that is dumped.
 */
#ifndef HEAPDUMP_GUARD_H
#define HEAPDUMP_GUARD_H

/* Registers with MRI's bug reporter; call once, from Init. Does nothing until installed. */
void hd_guard_init(void);

/* Installs signal handlers on a stack of their own and hd_slots_guard. In a child only. */
void hd_guard_install(void);

#endif
