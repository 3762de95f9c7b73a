/*
 * The mappings of a process, as Linux lists them in /proc/PID/maps.
 */
#ifndef HEAPDUMP_MAPPINGS_H
#define HEAPDUMP_MAPPINGS_H

#include "account/account.h"
#include "account/slots.h"

/* What the mappings of a process tell. HD_UNKNOWN where /proc does not. */
struct hd_mappings {
    struct hd_code_figures code; /* mapped files, and memory that follows them (their .bss) */
    uint64_t executable;         /* anonymous memory that may be executed, in memory now */
    uint64_t arenas;            /* the heap of brk(2) and arenas of glibc's malloc, in memory now */
    uint64_t transient;         /* MRI's transient heap (Ruby < 3.3), in memory now */
    uintptr_t stack, stack_end; /* the stack of the main thread; 0 if not found */
};

/*
 * Reads the mappings of `process`, which is this one or the one that this one is a copy of. Memory
 * that no file is mapped to is looked at in this process, files in that one: a copy made by fork
 * does not have their pages. `found` says where MRI's transient heap is. If the process has
 * executed another program meanwhile, its mappings tell nothing.
 */
void hd_mappings_read(struct hd_mappings *mappings, pid_t process,
                      const struct hd_slots_found *found);

#endif
