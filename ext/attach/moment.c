#define _GNU_SOURCE
#include "moment.h"

#include <sys/ptrace.h>

#define GET_RSEQ_CONFIGURATION 0x420f /* Linux 5.13 */

/* As the kernel defines them; older headers lack both. */
struct configuration {
    uint64_t address;
    uint32_t size, signature, flags, nothing;
};

struct sequence {
    uint32_t version, flags;
    uint64_t begin, size, abort;
};

enum { PLACE_OF_SEQUENCE = 8 }; /* rseq_cs in struct rseq */

bool
ha_moment_is_good(struct ha_thread *thread, uint64_t counter) {
    struct configuration found = {0};
    struct sequence sequence;
    uint64_t address = 0;
    long size = ptrace(GET_RSEQ_CONFIGURATION, thread->id, (void *)sizeof found, &found);
    if (size < (long)sizeof found || found.address == 0) return true;
    if (!ha_thread_read(thread, found.address + PLACE_OF_SEQUENCE, &address, sizeof address,
                        "its restartable sequence")) {
        return false;
    }
    if (address == 0) return true;
    if (!ha_thread_read(thread, address, &sequence, sizeof sequence, "its restartable sequence")) {
        return false;
    }
    if (counter - sequence.begin >= sequence.size) return true;
    return ha_fault(thread, HA_LATER, "it is in a restartable sequence");
}
