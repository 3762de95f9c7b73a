/*
 * Guarded calls; see guard.h.
 */
#include "guard/guard.h"

#include <ruby.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "mri/mri.h"
#include "base/raised.h"

enum { STACK_SIZE = 1 << 16, EXITED_EARLY = 1, TICKS_PER_SECOND = 20 };

volatile uint64_t hd_guard_beats;
volatile bool hd_guard_reading;

/*
 * The process that reads objects, 0 where none are read: a child that the guard was installed in,
 * and its only thread that reads objects.
 */
static pid_t owner;
static pthread_t owner_thread;

/*
 * Where a failure jumps to; NULL while no guarded call runs. The jump buffer is on the stack of the
 * innermost guarded call.
 */
static sigjmp_buf *volatile escape;

/*
 * In a confined child: stack frames at this address and above belong to the application. NULL in
 * all other processes.
 */
static const char *confines;

static struct {
    const struct hd_sink *out;
    int patience, still;     /* in ticks */
    uint64_t beats, flushed; /* as they were at the last tick */
} watch;

/* Whether the last guarded call that crashed or raised has come to the end of its stack. */
static bool stack_was_full;

/* In the process that is dumped: what hd_guard_settle has to do about errors that were caught. */
static bool unsettled;
static VALUE carried = Qnil;

/*
 * Ends the guarded call with this outcome. Ends the process with `status` if there is no guarded
 * call to end, as in a process that an extension's function has forked, or in a thread that it
 * started.
 */
static void
leave(int outcome, int status) {
    bool ours = escape && getpid() == owner && pthread_equal(pthread_self(), owner_thread);
    if (!ours) _exit(status);
    sigjmp_buf *to = escape;
    escape = NULL;
    siglongjmp(*to, outcome);
}

/*
 * The frame of a guarded call, its stack, and what stands below that are in one piece, so an
 * address so little below the frame is at the end of the stack.
 */
static bool
is_below(const void *frame, const void *address) {
    enum { FARTHEST = 1 << 20 };
    uintptr_t from = (uintptr_t)frame, to = (uintptr_t)address;
    return to < from && from - to < FARTHEST;
}

static void
crashed(int signal, siginfo_t *info, void *context) {
    (void)context;
    bool has_address = signal == SIGSEGV || signal == SIGBUS;
    stack_was_full = has_address && is_below(escape, info->si_addr);
    leave(signal, 128 + signal);
}

static void
bug_found(void) {
    if (escape) leave(SIGABRT, 128 + SIGABRT);
}

/*
 * exit() calls this before all other handlers, which would close what belongs to the application.
 */
static void
exited(void) {
    leave(HD_EXITED, EXITED_EARLY);
}

/*
 * The clock's signal handler. It runs on the stack of the code that it interrupts, so its own frame
 * address shows whether that code was called from hd_guard_confine or belongs to the application.
 * Stacks grow downwards on all platforms of MRI.
 */
static void
tick(int signal) {
    (void)signal;
    bool below = (const char *)__builtin_frame_address(0) >= confines;
    if (below && pthread_equal(pthread_self(), owner_thread)) _exit(EXITED_EARLY);
    bool moved = watch.beats != hd_guard_beats || watch.flushed != watch.out->flushed;
    watch.beats = hd_guard_beats;
    watch.flushed = watch.out->flushed;
    bool reading = hd_guard_reading && escape && !watch.out->waiting;
    watch.still = moved || !reading ? 0 : watch.still + 1;
    if (watch.still < watch.patience) return;
    watch.still = 0;
    leave(HD_HUNG, EXITED_EARLY);
}

/* pthread_exit calls this. It has unwound the stack, so there is no guarded call to go back to. */
static void
thread_ended(void *unused) {
    (void)unused;
    _exit(EXITED_EARLY);
}

static void
catch_thread_end(void) {
    pthread_key_t key;
    if (pthread_key_create(&key, thread_ended) != 0) _exit(EXITED_EARLY);
    if (pthread_setspecific(key, &owner_thread) != 0) _exit(EXITED_EARLY);
}

/* exit() removes each handler when it calls it, so this is called again after `exited` has run. */
static void
catch_exit(void) {
    if (atexit(exited) != 0 || at_quick_exit(exited) != 0) _exit(EXITED_EARLY);
}

static void
handle_crash(int signal) {
    struct sigaction action = {.sa_sigaction = crashed,
                               .sa_flags = SA_NODEFER | SA_ONSTACK | SA_SIGINFO};
    sigaction(signal, &action, NULL);
}

static void
handle_ticks(void) {
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_NODEFER | SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
}

struct confined {
    void (*fn)(void *);
    void *arg;
};

static VALUE
run_confined(VALUE arg) {
    struct confined *confined = (struct confined *)arg;
    confined->fn(confined->arg);
    return Qnil;
}

static VALUE
end_process(VALUE unused) {
    (void)unused;
    _exit(EXITED_EARLY);
}

/* MRI calls the function given to rb_ensure also before a continuation goes on elsewhere. */
void
hd_guard_confine(void (*fn)(void *), void *arg) {
    struct confined confined = {fn, arg};
    confines = __builtin_frame_address(0);
    rb_ensure(run_confined, (VALUE)&confined, end_process, Qnil);
    _exit(EXITED_EARLY);
}

void
hd_guard_check_in(void) {
    if (confines) _exit(EXITED_EARLY);
}

void
hd_guard_init(void) {
    rb_gc_register_address(&carried);
    hd_mri_on_bug(bug_found);
}

int
hd_guard_install(const struct hd_sink *out, int patience) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    static void *memory; // never freed; a worker inherits its leader's
    if (!memory) {
        memory = malloc(STACK_SIZE);
        if (!memory) return ENOMEM;
        catch_exit(); // a worker inherits these two as well
        catch_thread_end();
    }
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_SIZE};
    if (sigaltstack(&stack, NULL) != 0) return errno;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) handle_crash(signals[i]);
    owner = getpid();
    owner_thread = pthread_self();
    watch.out = out;
    watch.patience = patience * TICKS_PER_SECOND;
    watch.still = 0;
    handle_ticks();
    const struct timeval often = {.tv_usec = 1000000 / TICKS_PER_SECOND};
    return setitimer(ITIMER_REAL, &(struct itimerval){often, often}, NULL) == 0 ? 0 : errno;
}

void
hd_guard_stay(void) {
    if (owner && getpid() != owner) _exit(EXITED_EARLY);
}

void
hd_guard_stay_here(bool here) {
    owner = here ? getpid() : 0;
}

struct call {
    void (*fn)(void *);
    void *arg;
    int outcome;
};

/*
 * Runs inside of rb_protect. A jump out of a crash skips MRI's code that would have taken entries
 * off its list of places to jump to; rb_protect restores that list when this function returns.
 */
static VALUE
call_guarded(VALUE arg) {
    struct call *call = (struct call *)arg;
    sigjmp_buf *volatile outer = escape;
    sigjmp_buf here;
    call->outcome = sigsetjmp(here, 0); // no signal mask is saved: the handlers block nothing
    if (call->outcome == 0) {
        if (watch.out) escape = &here; // not in the process that is dumped
        call->fn(call->arg);
        hd_guard_stay();
    }
    escape = outer;
    return Qnil;
}

/*
 * True for exceptions that an extension's function itself may have raised. Signal handlers of the
 * application mostly raise something else.
 */
static bool
is_own(VALUE error) {
    return hd_is_raised(error, rb_eStandardError) || hd_is_raised(error, rb_eScriptError);
}

/* Drops the exception or throw that rb_protect has stopped, and returns the outcome for it. */
static int
take_error(void) {
    VALUE error = rb_errinfo();
    rb_set_errinfo(Qnil);
    bool memory = hd_is_raised(error, rb_eNoMemError);
    int outcome = memory ? HD_OUT_OF_MEMORY : HD_RAISED;
    stack_was_full = hd_is_raised(error, rb_eSysStackError);
    if (watch.out) return outcome;
    if (memory || stack_was_full) unsettled = true;
    else if (hd_is_exception(error) && NIL_P(carried) && !is_own(error)) carried = error;
    return outcome;
}

void
hd_guard_settle(void) {
    // after such an error MRI handles no interrupts until another exception has reached Ruby code
    int state = 0;
    if (unsettled) rb_eval_string_protect("begin; raise; rescue RuntimeError; end", &state);
    unsettled = false;
    VALUE error = carried;
    carried = Qnil;
    if (!NIL_P(error)) rb_exc_raise(error);
}

int
hd_error_of(int outcome) {
    if (outcome == HD_RETURNED) return 0;
    if (outcome == HD_OUT_OF_MEMORY) return ENOMEM;
    bool by_stack = outcome == HD_RAISED || outcome == SIGSEGV || outcome == SIGBUS;
    return by_stack && stack_was_full ? EOVERFLOW : EFAULT;
}

int
hd_guard(void (*fn)(void *), void *arg) {
    struct call call = {.fn = fn, .arg = arg};
    sigjmp_buf *outer = escape;
    int state = 0;
    rb_protect(call_guarded, (VALUE)&call, &state);
    escape = outer;
    hd_guard_stay();
    if (state) call.outcome = take_error();
    if (call.outcome == HD_EXITED) catch_exit();
    return call.outcome;
}
