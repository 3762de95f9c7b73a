/*
 * Preloaded into a process that dumps itself (fork: false): from the moment when the dumper starts
 * its writing thread until it has joined it, which is the whole walk, every page of the heap is
 * read-only. Each write is reported with the stack that did it, even one that changes nothing, and
 * is then let through.
 *
 * HEAPDUMP_TRAP is the report's path: a line "pages N" and "writes N" for each walk, before them
 * "write ADDRESS" with its stack for each page that was written to. With HEAPDUMP_TRAP_POKE the
 * trap writes to a page by itself, to see that it works.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SYSTEM_PAGE = 1 << 12, MAX_PAGES = 1 << 16, MAX_FRAMES = 16 };

static struct page { uintptr_t start, end; } pages[MAX_PAGES];
static size_t pages_size, writes;
static int report;
static struct sigaction before;

typedef int (*each_page)(void *start, void *end, size_t stride, void *data);

/* A page's header, with the list of its free slots, lies in front of the slots. */
static int
page_i(void *start, void *end, size_t stride, void *data) {
    (void)stride, (void)data;
    if (pages_size == MAX_PAGES) abort();
    uintptr_t mask = ~(uintptr_t)(SYSTEM_PAGE - 1);
    pages[pages_size++] = (struct page){(uintptr_t)start & mask,
                                        ((uintptr_t)end + SYSTEM_PAGE - 1) & mask};
    return 0;
}

static void
protect(int protection) {
    for (size_t i = 0; i < pages_size; i++) {
        if (mprotect((void *)pages[i].start, pages[i].end - pages[i].start, protection) != 0)
            abort();
    }
}

static void
caught(int signal, siginfo_t *info, void *context) {
    (void)context;
    uintptr_t address = (uintptr_t)info->si_addr;
    for (size_t i = 0; i < pages_size; i++) {
        if (address < pages[i].start || address >= pages[i].end) continue;
        void *frames[MAX_FRAMES];
        writes++;
        dprintf(report, "write 0x%lx\n", (unsigned long)address);
        backtrace_symbols_fd(frames, backtrace(frames, MAX_FRAMES), report);
        mprotect((void *)(address & ~(uintptr_t)(SYSTEM_PAGE - 1)), SYSTEM_PAGE,
                 PROT_READ | PROT_WRITE);
        return;
    }
    sigaction(signal, &before, NULL); // somebody else's: it comes again at once
}

static void
set(void) {
    void (*each)(each_page, void *) = (void (*)(each_page, void *))dlsym(
        RTLD_DEFAULT, "rb_objspace_each_objects");
    void *frames[MAX_FRAMES];
    backtrace(frames, MAX_FRAMES); // the first one loads a library
    const char *name = getenv("HEAPDUMP_TRAP");
    report = name ? open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (report < 0) abort();
    pages_size = writes = 0;
    each(page_i, NULL);
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, &before);
    sigset_t set; // the dumper starts its thread with all signals blocked
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    protect(PROT_READ);
    if (getenv("HEAPDUMP_TRAP_POKE")) {
        volatile uintptr_t *word = (uintptr_t *)pages[pages_size / 2].start + 100;
        *word = *word;
    }
}

static void
release(void) {
    protect(PROT_READ | PROT_WRITE);
    sigaction(SIGSEGV, &before, NULL);
    dprintf(report, "pages %zu\nwrites %zu\n", pages_size, writes);
    close(report);
    pages_size = 0;
}

static int
is_dumper(void *caller) {
    Dl_info info;
    return dladdr(caller, &info) && strstr(info.dli_fname, "heapdump/heapdump.so") != NULL;
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
               void *argument) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                void *) = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                                   void *))dlsym(RTLD_NEXT, "pthread_create");
    int error = real(thread, attributes, run, argument);
    if (error == 0 && is_dumper(__builtin_return_address(0))) set();
    return error;
}

int
pthread_join(pthread_t thread, void **result) {
    int (*real)(pthread_t, void **) = (int (*)(pthread_t, void **))dlsym(RTLD_NEXT, "pthread_join");
    int error = real(thread, result);
    if (pages_size > 0 && is_dumper(__builtin_return_address(0))) release();
    return error;
}
