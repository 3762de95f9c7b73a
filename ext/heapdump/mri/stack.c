/*
 * Threads, fibers, and the frames of their VM stacks.
 */
#include "mri/internal.h"

#include <string.h>

static const void *
checked_context(const void *context) {
    return hd_plausible(context) ? context : NULL;
}

const void *
hd_mri_thread_context(VALUE thread) {
    const void *body = hd_mri_data_pointer(thread);
    if (!hd_plausible(body) || hd_read(body, HD_THREAD_SELF) != thread) return NULL;
    const void *context = checked_context(hd_read_pointer(body, hd_layout()->thread_context));
    if (!context || hd_read_pointer(context, HD_CONTEXT_THREAD) != body) return NULL;
    return context;
}

const void *
hd_mri_fiber_context(VALUE fiber) {
    const char *body = hd_mri_data_pointer(fiber);
    if (!hd_plausible(body) || hd_read(body, HD_FIBER_SELF) != fiber) return NULL;
    const void *context = body + hd_layout()->fiber_context;
    return hd_read_pointer(context, HD_CONTEXT_FIBER) == body ? context : NULL;
}

VALUE
hd_mri_context_fiber(const void *context) {
    const void *body = hd_read_pointer(context, HD_CONTEXT_FIBER);
    if (!hd_plausible(body)) return 0;
    VALUE fiber = hd_read(body, HD_FIBER_SELF);
    return RB_SPECIAL_CONST_P(fiber) ? 0 : fiber;
}

bool
hd_mri_context_is_current(const void *context) {
    const void *thread = hd_read_pointer(context, HD_CONTEXT_THREAD);
    return hd_plausible(thread) && hd_read_pointer(thread, hd_layout()->thread_context) == context;
}

bool
hd_mri_context_has_stack(const void *context) {
    return hd_plausible(hd_read_pointer(context, HD_CONTEXT_STACK)) &&
           hd_plausible(hd_read_pointer(context, HD_CONTEXT_FRAME));
}

void
hd_mri_ignore_interrupts(const void *context) {
    enum { MOST = 0xff }; /* MRI has fewer kinds */
    ptrdiff_t offset = HD_CONTEXT_FIBER - HD_INTERRUPT_MASK_BEFORE_FIBER;
    if (hd_read_u32(context, offset) > MOST) return; /* it is no mask */
    uint32_t all = UINT32_MAX;
    memcpy((char *)(uintptr_t)context + offset, &all, sizeof all);
}

/*
 * Three words of a context, whose place is not the same in all versions, not even in all patch
 * levels: the first address of its native stack, the last one when it was left, and its size.
 */
static ptrdiff_t machine_stack;

void
hd_stacks_learn(ptrdiff_t offset) {
    machine_stack = offset;
}

bool
hd_mri_context_stacks(const void *context, struct hd_stack_bounds *out) {
    enum { MOST = 1 << 30 };
    size_t words = hd_read(context, HD_CONTEXT_STACK_SIZE);
    uintptr_t end = hd_read(context, machine_stack);
    size_t size = hd_read(context, machine_stack + 2 * (ptrdiff_t)sizeof(VALUE));
    if (!machine_stack || !hd_mri_context_has_stack(context)) return false;
    if (words > MOST / sizeof(VALUE) || size > MOST || size > end) return false;
    uintptr_t vm = (uintptr_t)hd_read_pointer(context, HD_CONTEXT_STACK);
    *out = (struct hd_stack_bounds){vm, vm + words * sizeof(VALUE), end - size, end};
    return true;
}

size_t
hd_mri_stack_left(void) {
    struct hd_stack_bounds bounds;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (!machine_stack || !hd_layout()) return SIZE_MAX; // nothing was learned
    const void *context = hd_mri_thread_context(rb_thread_current());
    if (!context || !hd_mri_context_stacks(context, &bounds)) return SIZE_MAX;
    if (here >= bounds.native_end) return SIZE_MAX; // on another stack
    return here > bounds.native ? here - bounds.native : 0;
}

static bool
is_within(VALUE iseq, const VALUE *pc) {
    const void *body = hd_read_pointer((void *)iseq, HD_BODY_OF_ISEQ);
    if (!hd_plausible(body)) return false;
    const VALUE *code = hd_read_pointer(body, HD_BODY_ENCODED);
    unsigned size = hd_read_u32(body, HD_BODY_ENCODED_SIZE);
    return hd_plausible(code) && pc >= code && pc <= code + size;
}

static int
line_of(VALUE iseq, const VALUE *pc) {
    if (!rb_iseq_line_no || !is_within(iseq, pc)) return 0;
    const void *body = hd_read_pointer((void *)iseq, HD_BODY_OF_ISEQ);
    size_t position = (size_t)(pc - (const VALUE *)hd_read_pointer(body, HD_BODY_ENCODED));
    return (int)rb_iseq_line_no((void *)iseq, position ? position - 1 : 0); // pc is one ahead
}

/* What a frame executes: for a C function there is neither. */
struct executed {
    VALUE iseq;
    const VALUE *pc;
    bool unknown;
};

/* What ZJIT has noted of a frame. */
static struct executed
noted_by_zjit(const struct hd_pages *pages, const char *place) {
    const void *record = hd_plausible(place) ? hd_read_pointer(place, HD_JIT_RECORD) : NULL;
    if (!hd_plausible(record)) return (struct executed){.unknown = true};
    VALUE iseq = hd_read(record, HD_JIT_ISEQ);
    const VALUE *pc = hd_read_pointer(record, HD_JIT_PC);
    if (!hd_mri_is_iseq(pages, iseq) || !is_within(iseq, pc)) {
        return (struct executed){.unknown = true};
    }
    return (struct executed){.iseq = iseq, .pc = pc};
}

/*
 * Since Ruby 4.1 a frame whose code ZJIT has compiled still holds code and position of an earlier
 * call that had its place on the stack.
 */
static struct executed
executed_by(const struct hd_pages *pages, const char *at) {
    const char *place = NULL;
    if (HD_RUBY >= 401 && hd_zjit_runs()) place = hd_read_pointer(at, HD_FRAME_JIT);
    if ((uintptr_t)place == HD_JIT_OF_C) return (struct executed){0};
    if (place) return noted_by_zjit(pages, place);
    return (struct executed){hd_read(at, HD_FRAME_ISEQ), hd_read_pointer(at, HD_FRAME_PC), false};
}

/* Reads the frame at `at`; false for one that executes neither code nor a method. */
static bool
read_frame(const struct hd_pages *pages, const char *at, const VALUE *stack, const VALUE *stack_end,
           struct hd_frame *out) {
    *out = (struct hd_frame){0};
    const VALUE *ep = hd_read_pointer(at, HD_FRAME_EP);
    if (!hd_plausible(ep)) return false;
    bool on_stack = ep > stack && ep < stack_end;
    if (!on_stack) {
        VALUE env = hd_read(ep, HD_EP_ENV);
        if (hd_is_imemo(pages, env, HD_NUMBER_ENV)) out->env = env;
        else return false;
    }
    out->self = hd_read(at, HD_FRAME_SELF);
    struct executed executed = executed_by(pages, at);
    VALUE iseq = executed.iseq;
    if (executed.pc && hd_mri_is_iseq(pages, iseq) && hd_mri_code(pages, iseq, &out->code)) {
        out->iseq = iseq;
        out->line = line_of(iseq, executed.pc);
        const VALUE *locals = hd_locals_below(ep, out->code.locals_size);
        if (on_stack && locals >= stack) out->locals = locals;
    }
    else if (hd_mri_is_method_entry(pages, hd_read(ep, HD_EP_ENTRY))) {
        out->entry = hd_read(ep, HD_EP_ENTRY);
    }
    VALUE special = on_stack ? hd_read(ep, HD_EP_ENTRY) : 0;
    if (hd_is_imemo(pages, special, HD_NUMBER_SVAR)) out->svar = special;
    return out->iseq || out->entry || executed.unknown;
}

void
hd_mri_each_frame(const struct hd_pages *pages, const void *context,
                  void (*fn)(const struct hd_frame *, void *), void *data) {
    if (!hd_mri_context_has_stack(context)) return;
    const VALUE *stack = hd_read_pointer(context, HD_CONTEXT_STACK);
    enum { MOST_WORDS = 1 << 30 };
    size_t words = hd_read(context, HD_CONTEXT_STACK_SIZE);
    if (words > MOST_WORDS) return;
    const VALUE *end = stack + words;
    const char *at = hd_read_pointer(context, HD_CONTEXT_FRAME);
    size_t size = (size_t)hd_layout()->frame_size;
    if (at < (const char *)stack || size < HD_FRAME_EP + sizeof(VALUE) || size > 1024) return;
    struct hd_frame frame;
    // the outermost frame is a dummy of MRI's
    for (; at + 2 * size <= (const char *)end && !hd_is_lost(); at += size) {
        if (read_frame(pages, at, stack, end, &frame)) fn(&frame, data);
    }
}

void
hd_each_id(const void *table, void (*fn)(ID, VALUE, void *), void *data) {
    enum { ID_SCOPE_BITS = 4 };
    if (!hd_plausible(table)) return;
    const char *item = hd_read_pointer(table, HD_IDS_ITEMS);
    unsigned capacity = hd_read_u32(table, HD_IDS_CAPACITY);
    if (!hd_plausible(item) || capacity > 1 << 20) return;
    if ((capacity & (capacity - 1)) != 0) return; // a table of hashes
    for (unsigned i = 0; i < capacity && !hd_is_lost(); i++, item += HD_IDS_ITEM_SIZE) {
        unsigned serial = hd_read_u32(item, 0);
        // The scope bits of the ID are lost; its name does not depend on them.
        if (serial) fn((ID)serial << ID_SCOPE_BITS, hd_read(item, HD_IDS_ITEM_VALUE), data);
    }
}

void
hd_mri_each_fiber_local(const void *context, void (*fn)(ID, VALUE, void *), void *data) {
    hd_each_id(hd_read_pointer(context, hd_layout()->context_local_storage), fn, data);
}
