/*
 * Reading one object, even if that crashes; see guard.h.
 */
#include "guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "dump.h"

enum { STACK_SIZE = 1 << 16 };

static sigjmp_buf escape;
static volatile sig_atomic_t armed;

static void
leave(int signal) {
    if (!armed) _exit(128 + signal);
    armed = 0;
    siglongjmp(escape, signal);
}

static void
bug_found(void) {
    if (armed) leave(SIGABRT);
}

static int
guarded(void (*fn)(void *), void *arg) {
    int signal = sigsetjmp(escape, 0); // no mask to save: the handlers block nothing
    if (signal) return signal;
    armed = 1;
    fn(arg);
    armed = 0;
    return 0;
}

void
hd_guard_init(void) {
    hd_mri_on_bug(bug_found);
}

void
hd_guard_install(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    static void *memory; // for as long as the process lives; a worker has its leader's
    if (!memory) memory = malloc(STACK_SIZE);
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_SIZE};
    if (!memory || sigaltstack(&stack, NULL) != 0) return;
    struct sigaction action = {.sa_handler = leave, .sa_flags = SA_ONSTACK | SA_NODEFER};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, NULL);
    }
    hd_slots_guard = guarded;
}
