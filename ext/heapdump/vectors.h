/*
 * The vector registers of the thread that a debugger has stopped, kept over a call. The debugger
 * keeps registers too, but some versions of gdb take the upper parts of these from wrong places
 * (lib/heapdump/outside/x86_64.xml), and the C library uses them to copy and to compare.
 */
#ifndef HEAPDUMP_VECTORS_H
#define HEAPDUMP_VECTORS_H

/* First and last thing in a function that a debugger calls; one such call at a time. */
void hd_vectors_save(void);
void hd_vectors_restore(void);

#endif
