/*
 * See vectors.h.
 */
#include "vectors.h"

#if defined(__x86_64__)

#    include <cpuid.h>
#    include <stdbool.h>

/* The largest state of today's processors, with tiles for matrices, has 11 KiB. */
static struct {
    unsigned char area[16384];
} __attribute__((aligned(64))) state; // its header must be zero before the first save

static bool saved;

/* True if the system supports the instruction, and the area can hold all enabled states. */
static bool
can_save(void) {
    enum { OSXSAVE = 1 << 27, STATES = 0xd };
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE)) return false;
    return __get_cpuid_count(STATES, 0, &a, &b, &c, &d) && b <= sizeof state;
}

void
hd_vectors_save(void) {
    saved = can_save();
    if (saved) __asm__ volatile("xsave64 %0" : "+m"(state) : "a"(-1), "d"(-1));
}

void
hd_vectors_restore(void) {
    if (saved) __asm__ volatile("xrstor64 %0" : : "m"(state), "a"(-1), "d"(-1) : "memory");
    saved = false;
}

#else

void
hd_vectors_save(void) {
}

void
hd_vectors_restore(void) {
}

#endif
