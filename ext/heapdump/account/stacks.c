/*
 * The stacks of threads and fibers; see stacks.h.
 */
#include "account/stacks.h"

#include "account/ranges.h"
#include "mri/mri.h"

/* What is counted of the contexts. */
struct sums {
    struct hd_ranges all, vm;
    uint64_t threads, fibers, in_memsize, allocated;
};

static bool
is_within(uintptr_t at, uintptr_t start, uintptr_t end) {
    return at >= start && at < end;
}

/* MRI does not count the VM stack of a thread in which a fiber was ever resumed. */
static size_t
without_untouched(const struct hd_stack_bounds *bounds, size_t memsize) {
    size_t reserved = bounds->vm_end - bounds->vm;
    uint64_t touched;
    if (memsize < reserved || !hd_resident(bounds->vm, bounds->vm_end, &touched)) return memsize;
    return memsize - reserved + (touched < reserved ? touched : reserved);
}

static void
add(struct sums *sums, const struct hd_slot_context *context, const struct hd_mappings *mappings) {
    // at the top are the first frames of the thread, and what the C library keeps for it
    enum { TOP = 16 << 10 };
    struct hd_stack_bounds bounds;
    if (!hd_mri_context_stacks(context->at, &bounds)) return;
    bool is_main = is_within(bounds.native_end - 1, mappings->stack, mappings->stack_end);
    bool above = bounds.vm >= bounds.native_end && bounds.vm - bounds.native_end < TOP;
    if (above) bounds.native_end = bounds.vm_end + TOP;
    else sums->allocated += bounds.vm_end - bounds.vm;
    if (!is_main) hd_ranges_add(&sums->all, bounds.native, bounds.native_end);
    hd_ranges_add(&sums->all, bounds.vm, bounds.vm_end);
    hd_ranges_add(&sums->vm, bounds.vm, bounds.vm_end);
    if (context->thread) sums->threads++;
    else sums->fibers++;
    if (context->thread) {
        size_t size = hd_mri_memsize(context->thread), vm = bounds.vm_end - bounds.vm;
        if (size >= vm) sums->in_memsize += without_untouched(&bounds, size) - (size - vm);
    }
}

static void
fill(struct hd_stack_figures *figures, struct sums *sums) {
    uint64_t touched, vm_touched;
    hd_ranges_merge(&sums->all);
    hd_ranges_merge(&sums->vm);
    if (!hd_ranges_resident(&sums->all, &touched)) return;
    if (!hd_ranges_resident(&sums->vm, &vm_touched)) return;
    *figures = (struct hd_stack_figures){.threads = sums->threads,
                                         .fibers = sums->fibers,
                                         .reserved = hd_ranges_bytes(&sums->all),
                                         .touched = touched,
                                         .vm_reserved = hd_ranges_bytes(&sums->vm),
                                         .vm_touched = vm_touched,
                                         .in_memsize = sums->in_memsize,
                                         .allocated = sums->allocated};
    figures->native_reserved = figures->reserved - figures->vm_reserved;
    figures->native_touched = touched - vm_touched;
}

void
hd_stacks_take(struct hd_stack_figures *figures, const struct hd_slots_found *found,
               const struct hd_mappings *mappings) {
    if (!hd_can(HD_CAN_STACKS) || found->failed) return;
    struct sums sums = {0};
    for (size_t i = 0; i < found->size; i++) add(&sums, &found->contexts[i], mappings);
    hd_ranges_add(&sums.all, mappings->stack, mappings->stack_end);
    fill(figures, &sums);
    hd_ranges_free(&sums.all);
    hd_ranges_free(&sums.vm);
}

size_t
hd_thread_memsize(VALUE thread, size_t memsize) {
    struct hd_stack_bounds bounds;
    if (!hd_can(HD_CAN_STACKS)) return memsize;
    const void *context = hd_mri_thread_context(thread);
    if (!context || !hd_mri_context_stacks(context, &bounds)) return memsize;
    return without_untouched(&bounds, memsize);
}
