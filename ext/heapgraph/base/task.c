/*
 * What went wrong, and work on several threads; see task.h.
 */
#include "base/task.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
hg_note(struct hg_task *task, int number, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(task->message, sizeof task->message, format, arguments);
    va_end(arguments);
    task->number = number;
}

unsigned
hg_processors(void) {
    enum { MOST = 64 };
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1) return 1;
    return n > MOST ? MOST : (unsigned)n;
}

struct worker {
    pthread_t thread;
    void (*work)(void *, unsigned);
    void *data;
    unsigned number;
};

static void *
run(void *data) {
    struct worker *worker = data;
    worker->work(worker->data, worker->number);
    return NULL;
}

void
hg_parallel(unsigned threads, void (*work)(void *, unsigned), void *data) {
    struct worker *workers = calloc(threads, sizeof *workers);
    unsigned started = 1;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; workers && started < threads; started++) {
        workers[started] = (struct worker){.work = work, .data = data, .number = started};
        if (pthread_create(&workers[started].thread, NULL, run, &workers[started]) != 0) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    work(data, 0);
    for (unsigned i = started; i < threads; i++) work(data, i); // no thread could be had for these
    for (unsigned i = 1; i < started; i++) pthread_join(workers[i].thread, NULL);
    free(workers);
}
