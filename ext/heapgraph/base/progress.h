/*
 * What long work does with its task: it says in which phase it is and how far, and asks whether it
 * shall stop. Loops call hg_step once per HG_STRIDE elements, which is a fraction of a millisecond
 * of work.
 */
#ifndef HEAPGRAPH_PROGRESS_H
#define HEAPGRAPH_PROGRESS_H

#include <stdbool.h>

#include "base/task.h"

#ifndef HG_STRIDE // tests of what several threads share have less
#    define HG_STRIDE 16384u
#endif

/* Begins a phase of `total` elements. */
static inline void
hg_phase(struct hg_task *task, const char *phase, uint64_t total) {
    atomic_store_explicit(&task->phase, phase, memory_order_relaxed);
    atomic_store_explicit(&task->total, total, memory_order_relaxed);
    atomic_store_explicit(&task->done, 0, memory_order_relaxed);
}

/* Says how many elements are done. Returns false if the work shall stop. */
static inline bool
hg_step(struct hg_task *task, uint64_t done) {
    atomic_store_explicit(&task->done, done, memory_order_relaxed);
    return !atomic_load_explicit(&task->stop, memory_order_relaxed);
}

/* Whether the work shall stop. It costs next to nothing, so loops may ask at every element. */
static inline bool
hg_stops(const struct hg_task *task) {
    return atomic_load_explicit(&task->stop, memory_order_relaxed) != 0;
}

#endif
