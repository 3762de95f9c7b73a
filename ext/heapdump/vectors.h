/*
 * Saves the vector registers of the thread that a debugger has stopped, and restores them after a
 * call. The debugger saves registers too, but some versions of gdb take the upper parts of the
 * vector registers from wrong places (lib/heapdump/outside/x86_64.xml). The C library uses these
 * registers to copy and compare memory.
 */
#ifndef HEAPDUMP_VECTORS_H
#define HEAPDUMP_VECTORS_H

/*
 * A function that a debugger calls must begin with hd_vectors_save and end with hd_vectors_restore.
 * Only one such call may run at a time.
 */
void hd_vectors_save(void);
void hd_vectors_restore(void);

#endif
