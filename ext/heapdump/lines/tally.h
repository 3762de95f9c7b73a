/*
 * Counts what one process has written of a dump, and adds up the counts of several processes.
 */
#ifndef HEAPDUMP_TALLY_H
#define HEAPDUMP_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HD_STRIDES = 16 };

struct hd_heap_count {
    size_t stride, pages, slots, free;
};

/*
 * What one process has written. Other processes read this only after that process has ended;
 * `objects` may be read at any time.
 */
struct hd_tally {
    _Atomic uint64_t objects;
    uint64_t lines;   /* lines of every kind, as the sink has counted them */
    uint64_t roots;   /* ROOT lines */
    uint64_t bytes;   /* before compression */
    uint64_t written; /* after compression: what this process has put into the file */
    uint64_t errors;  /* lines with the field `error` */
    size_t allocated, gc_runs;
    struct hd_heap_count heaps[HD_STRIDES];
    int heaps_size;
    int error; /* why the process gave up (errno); 0 if it finished its work */
};

/*
 * Counts an object. Only the process to which the tally belongs may call it: no other one writes
 * this number, so it needs no locked instruction, which would take as long as a short line.
 */
static inline void
hd_tally_object(struct hd_tally *tally) {
    uint64_t before = atomic_load_explicit(&tally->objects, memory_order_relaxed);
    atomic_store_explicit(&tally->objects, before + 1, memory_order_relaxed);
}

/*
 * The counts for pages with slots of `stride` bytes. NULL if there are more sizes than HD_STRIDES.
 */
struct hd_heap_count *hd_tally_heap(struct hd_tally *tally, size_t stride);

/* Adds all counts of `tally` to `sum`. The first error stays. */
void hd_tally_add(struct hd_tally *sum, const struct hd_tally *tally);

/*
 * True if the counts are those of a whole dump: there are as many lines as objects and roots, and
 * two more if the dump has header and footer (`framed`).
 */
bool hd_tally_adds_up(const struct hd_tally *sum, bool framed);

#endif
