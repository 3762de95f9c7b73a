/*
 * What one process has written of a dump, counted; and the sum of what several have.
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

/* What one process has written. Read by others only after it has ended, but for `objects`. */
struct hd_tally {
    _Atomic uint64_t objects;
    uint64_t lines;   /* as the sink has counted them, of every kind */
    uint64_t roots;   /* ROOT lines */
    uint64_t bytes;   /* before compression */
    uint64_t written; /* after compression: what this process has put into the file */
    uint64_t errors;
    size_t allocated, gc_runs;
    struct hd_heap_count heaps[HD_STRIDES];
    int heaps_size;
    int error; /* errno of what made it give up, 0 if it came to its end */
};

/* The count of the pages with slots of this size, NULL where there are too many sizes. */
struct hd_heap_count *hd_tally_heap(struct hd_tally *tally, size_t stride);

void hd_tally_add(struct hd_tally *sum, const struct hd_tally *tally);

/*
 * True where the tally tells of a dump that is whole: every line is the one of something. `framed`
 * says that header and footer are among them.
 */
bool hd_tally_adds_up(const struct hd_tally *sum, bool framed);

#endif
