/*
 * Which malloc this process has, and what it tells about itself. No ruby.h.
 */
#ifndef HEAPDUMP_ALLOCATOR_H
#define HEAPDUMP_ALLOCATOR_H

#include "account/account.h"

/*
 * Finds the functions of the allocator. Call it once, when the extension is loaded: later, in a
 * forked child, the dynamic loader could wait for a lock.
 */
void hd_allocator_find(void);

/* Sets the name and nothing else; "unknown" for one that is none of those that can be asked. */
void hd_allocator_name(struct hd_allocator *out);

/*
 * Asks it. Takes its locks, one after the other: in a child, call it where waiting for ever does no
 * harm.
 */
void hd_allocator_ask(struct hd_allocator *out);

#endif
