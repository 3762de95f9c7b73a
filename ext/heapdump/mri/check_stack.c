/*
 * Checks of stack.c.
 */
#include "mri/calibrate.h"

/*
 * Compares our frames that run Ruby code with those of the public profiling interface, at most
 * PROFILED of them. That interface names the method in which code is written ("r"), while our
 * frames name the code itself ("block in r", "rescue in r"). The base label of both is that of the
 * method.
 */
enum { PROFILED = 64 };
struct frame_search {
    VALUE frames[PROFILED];
    int lines[PROFILED];
    int size, next;
    bool mismatch;
};

/* The index of the next frame that runs code at a known line; -1 if there is none left. */
static int
next_with_code(struct frame_search *search) {
    while (search->next < search->size) {
        int i = search->next++;
        if (search->lines[i] > 0) return i; // 0: a C function, or a frame for a C extension
    }
    return -1;
}

static void
frame_i(const struct hd_frame *frame, void *data) {
    struct frame_search *search = data;
    if (!frame->iseq || frame->line == 0 || search->mismatch) return;
    int i = next_with_code(search);
    if (i < 0) search->mismatch = search->size < PROFILED; // the stack may be longer than the list
    else {
        search->mismatch = search->lines[i] != frame->line ||
                           !hd_same_text(rb_profile_frame_base_label(search->frames[i]),
                                         rb_profile_frame_base_label(frame->iseq));
    }
}

static bool
check_own_frames(const struct known *known) {
    const void *context = hd_mri_thread_context(known->thread);
    if (!context || !hd_mri_context_has_stack(context)) return false;
    struct frame_search search = {.size = 0};
    search.size = rb_profile_frames(0, PROFILED, search.frames, search.lines);
    hd_mri_each_frame(&known->pages, context, frame_i, &search);
    return search.next > 0 && !search.mismatch && next_with_code(&search) < 0;
}

/*
 * The known fiber waits in a block within a block. `held` is a local variable of the inner block,
 * `kept` one of the outer block.
 */
struct waiting_search {
    const struct known *known;
    int frames;
    bool inner, outer;
};

/*
 * The locals are in an env if somebody has taken a binding of the frame, as set_trace_func does of
 * every frame.
 */
static bool
holds(const struct known *known, const struct hd_frame *frame, const char *name, VALUE value) {
    struct hd_env env;
    const VALUE *locals = frame->locals;
    if (frame->env && hd_mri_env(&known->pages, frame->env, &env) && env.iseq == frame->iseq) {
        locals = env.locals;
    }
    for (unsigned i = 0; locals && i < frame->code.locals_size; i++) {
        if (hd_read(frame->code.locals + i, 0) == rb_intern(name)) {
            return hd_read(locals + i, 0) == value;
        }
    }
    return false;
}

static void
waiting_i(const struct hd_frame *frame, void *data) {
    struct waiting_search *search = data;
    const struct known *known = search->known;
    search->frames++;
    if (frame->self != known->self) return;
    if (holds(known, frame, "held", known->value)) search->inner = true;
    else if (holds(known, frame, "kept", known->value)) search->outer = search->inner;
}

static bool
check_waiting_frames(const struct known *known) {
    if (NIL_P(known->waiting)) return true; // there was no memory for the fiber's stack
    const void *context = hd_mri_fiber_context(known->waiting);
    if (!context || !hd_mri_context_has_stack(context)) return false;
    struct waiting_search search = {.known = known};
    hd_mri_each_frame(&known->pages, context, waiting_i, &search);
    return search.inner && search.outer;
}

bool
hd_check_frames(const struct known *known) {
    return check_own_frames(known) && check_waiting_frames(known);
}

bool
hd_check_fiber(const struct known *known) {
    const void *context = hd_mri_fiber_context(known->fiber);
    return context && hd_mri_context_fiber(context) == known->fiber &&
           !hd_mri_context_has_stack(context) && !hd_mri_context_is_current(context);
}

enum { LOCALS = 11 }; // not a power of two, while the size of their table is one

static ID
local_name(int i) {
    static const char *const names[LOCALS] = {
        "heapdump_probe0", "heapdump_probe1", "heapdump_probe2", "heapdump_probe3",
        "heapdump_probe4", "heapdump_probe5", "heapdump_probe6", "heapdump_probe7",
        "heapdump_probe8", "heapdump_probe9", "heapdump_probe10"};
    return rb_intern(names[i]);
}

struct local_search {
    VALUE value;
    bool found[LOCALS];
};

static void
fiber_local_i(ID name, VALUE value, void *data) {
    struct local_search *search = data;
    VALUE text = rb_id2str(name);
    for (int i = 0; i < LOCALS && text && value == search->value; i++) {
        if (hd_same_text(text, rb_id2str(local_name(i)))) search->found[i] = true;
    }
}

static bool
finds_all_locals(const struct known *known) {
    const void *context = hd_mri_thread_context(known->thread);
    struct local_search search = {.value = known->value};
    if (!context) return false;
    hd_mri_each_fiber_local(context, fiber_local_i, &search);
    for (int i = 0; i < LOCALS; i++) {
        if (!search.found[i]) return false;
    }
    return true;
}

bool
hd_check_fiber_locals(const struct known *known) {
    for (int i = 0; i < LOCALS; i++) {
        rb_thread_local_aset(known->thread, local_name(i), known->value);
    }
    bool found = finds_all_locals(known);
    for (int i = 0; i < LOCALS; i++) rb_thread_local_aset(known->thread, local_name(i), Qnil);
    return found;
}

/*
 * True if the three words at `offset` are where a native stack begins, where it ended when it was
 * left (0 if it never was), and its size.
 */
static bool
may_be_native_stack(const void *context, ptrdiff_t offset, uintptr_t on_stack) {
    enum { LEAST = 1 << 14, MOST = 1 << 30, WORD = sizeof(VALUE) };
    uintptr_t start = hd_read(context, offset), left = hd_read(context, offset + WORD);
    size_t size = hd_read(context, offset + 2 * WORD);
    if (size < LEAST || size > MOST || start < size || start % WORD != 0) return false;
    if (on_stack && (on_stack > start || on_stack < start - size)) return false;
    return left == 0 || (left <= start && left >= start - size);
}

/* Looks for the place in the current context. The VM stack of a fiber lies above its native one. */
bool
hd_check_stacks(const struct known *known) {
    enum { FIRST = 56, LAST = 320, WORD = sizeof(VALUE), NEAR = 1 << 14 };
    const void *context = hd_mri_thread_context(known->thread);
    ptrdiff_t found = 0;
    if (!context) return false;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    for (ptrdiff_t at = FIRST; at <= LAST; at += WORD) {
        if (!may_be_native_stack(context, at, here)) continue;
        if (found) return false;
        found = at;
    }
    if (!found) return false;
    if (!NIL_P(known->waiting)) { // nil: there was no memory for the fiber's stack
        const void *waiting = hd_mri_fiber_context(known->waiting);
        if (!waiting || !may_be_native_stack(waiting, found, 0)) return false;
        uintptr_t vm = hd_read(waiting, HD_CONTEXT_STACK), start = hd_read(waiting, found);
        if (vm + NEAR < start || vm > start + NEAR) return false;
    }
    hd_stacks_learn(found);
    return true;
}
