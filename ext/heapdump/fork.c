/*
 * A dump by forked children; see fork.h.
 */
#include "fork.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "detach.h"
#include "dump.h"
#include "guard.h"
#include "shared.h"

enum { PAGES_AT_ONCE = 16, HEAD = 0 }; // the head's tally is the first, workers follow

struct outcome {
    int error, signal;
    const char *where;
    uint64_t objects, bytes;
    double seconds;
    int processes;
};

static void
report(int fd, const struct outcome *outcome) {
    char line[256];
    int n;
    if (outcome->error || outcome->signal) {
        n = snprintf(line, sizeof line, "failed %d %d %llu %s\n", outcome->error, outcome->signal,
                     (unsigned long long)outcome->objects, outcome->where);
    }
    else {
        n = snprintf(line, sizeof line, "done %llu %llu %.6f %d\n",
                     (unsigned long long)outcome->objects, (unsigned long long)outcome->bytes,
                     outcome->seconds, outcome->processes);
    }
    while (write(fd, line, (size_t)n) < 0 && errno == EINTR) continue;
}

/* Signals as in a process that has just begun: Ruby's handlers must not run here. */
static void
reset_signals(void) {
    sigset_t none, child;
    for (int signal = 1; signal < NSIG; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP)
            (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    }
    // these come back as errors of write(2)
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL); // it is waited for
}

static void
close_between(int first, int last) {
    if (first > last || close_range((unsigned)first, (unsigned)last, 0) == 0) return;
    long limit = sysconf(_SC_OPEN_MAX); // a kernel before 5.9
    for (int fd = first; fd <= last && fd < limit; fd++) close(fd);
}

/* A child that held the application's sockets would keep their peers waiting. */
static void
close_all_but(int a, int b) {
    int low = a < b ? a : b, high = a < b ? b : a;
    close_between(0, low < STDERR_FILENO ? low - 1 : STDIN_FILENO + 1);
    close_between(STDERR_FILENO + 1, low - 1);
    close_between(low < STDERR_FILENO ? STDERR_FILENO + 1 : low + 1, high - 1);
    close_between(high + 1, INT_MAX);
}

static void
work(struct hd_dump *dump, struct hd_shared *shared, struct hd_tally *tally, int fd) {
    uint64_t written = 0;
    dump->tally = tally;
    int error = hd_dump_open(dump, fd, shared);
    size_t allocated = rb_gc_stat(ID2SYM(rb_intern("total_allocated_objects")));
    size_t gc_runs = rb_gc_count();
    while (!error && !dump->out.error) {
        size_t from = atomic_fetch_add(&shared->next_page, PAGES_AT_ONCE);
        if (from >= dump->pages.size) break;
        size_t to = from + PAGES_AT_ONCE;
        hd_dump_write_pages(dump, from, to < dump->pages.size ? to : dump->pages.size);
    }
    if (!error) {
        hd_dump_write_found_roots(dump);
        error = hd_dump_close(dump, &written);
    }
    tally->bytes = dump->out.flushed;
    tally->allocated = rb_gc_stat(ID2SYM(rb_intern("total_allocated_objects"))) - allocated;
    tally->gc_runs = rb_gc_count() - gc_runs;
    tally->error = error;
}

static void
die_with_parent(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
}

static pid_t
fork_worker(struct hd_dump *dump, struct hd_shared *shared, int number, int fd) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0) return pid;
    die_with_parent(parent);
    hd_guard_install();
    work(dump, shared, &shared->tallies[number], fd);
    _exit(0);
}

/* Waits for all workers; ends them all when one fails or time is up. */
static void
await_workers(pid_t *workers, int count, double deadline, struct outcome *outcome) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int left = count;
    while (left > 0) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid > 0) {
            left--;
            for (int i = 0; i < count; i++)
                if (workers[i] == pid) workers[i] = 0;
            if (WIFSIGNALED(status) && !outcome->error && !outcome->signal) {
                outcome->signal = WTERMSIG(status);
            }
            else if (WIFEXITED(status) && WEXITSTATUS(status) > 128 && !outcome->signal) {
                outcome->signal = WEXITSTATUS(status) - 128; // crashed between two objects
            }
        }
        else if (pid < 0 && errno != EINTR) {
            return;
        }
        else if (hd_now() > deadline && !outcome->error) {
            outcome->error = ETIMEDOUT;
        }
        else {
            sigtimedwait(&child, NULL, &(struct timespec){.tv_nsec = 100000000});
        }
        if (!outcome->error && !outcome->signal) continue;
        for (int i = 0; i < count; i++)
            if (workers[i] > 0) kill(workers[i], SIGKILL);
    }
}

static struct hd_tally
sum_of(const struct hd_shared *shared, int count) {
    struct hd_tally sum = {0};
    for (int i = 0; i <= count; i++) hd_tally_add(&sum, &shared->tallies[i]);
    return sum;
}

static int
write_footer(struct hd_dump *dump, struct hd_shared *shared, const struct hd_tally *sum, int fd,
             double seconds) {
    uint64_t written;
    int error = hd_dump_open(dump, fd, shared);
    if (error) return error;
    hd_dump_write_footer(dump, sum, seconds);
    return hd_dump_close(dump, &written);
}

/* The head, which needs the context of the thread that asked for the dump, and the pages. */
static int
write_head(struct hd_dump *dump, struct hd_shared *shared, int fd) {
    uint64_t written;
    dump->tally = &shared->tallies[HEAD];
    int error = hd_dump_open(dump, fd, shared);
    if (!error) error = hd_pages_collect(&dump->pages);
    if (error) return error;
    hd_dump_look(dump);
    hd_dump_write_head(dump);
    hd_dump_write_found_roots(dump); // what workers find they write themselves
    dump->finalizers.found = 0;
    error = hd_dump_close(dump, &written);
    dump->tally->bytes = dump->out.flushed;
    hd_sink_free(&dump->out);
    return error;
}

static void
dump_to_file(const struct hd_fork *request, struct outcome *outcome) {
    struct hd_dump dump = {.options = request->options, .context = request->context};
    pid_t workers[HD_MAX_WORKERS];
    int count = 0;
    double start = hd_now();
    struct hd_shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    outcome->where = "preparing";
    outcome->error = shared == MAP_FAILED ? errno : write_head(&dump, shared, request->fd);
    if (outcome->error) return;
    outcome->where = "writing";
    while (count < request->options->processes) {
        pid_t pid = fork_worker(&dump, shared, count + 1, request->fd);
        if (pid < 0) break;
        workers[count++] = pid;
    }
    if (count == 0) work(&dump, shared, &shared->tallies[1], request->fd); // no process to be had
    await_workers(workers, count, start + request->options->timeout, outcome);
    struct hd_tally sum = sum_of(shared, count ? count : 1);
    outcome->objects = sum.objects;
    outcome->processes = count ? count : 1;
    outcome->seconds = hd_now() - start;
    if (!outcome->error && !outcome->signal) outcome->error = sum.error;
    if (outcome->error || outcome->signal) return;
    outcome->error = write_footer(&dump, shared, &sum, request->fd, outcome->seconds);
    outcome->bytes = shared->offset;
}

static void
dump_to_stream(const struct hd_fork *request, struct outcome *outcome) {
    struct hd_summary summary = {0};
    hd_guard_install();
    alarm((unsigned)request->options->timeout);
    outcome->error = hd_dump_run(request->context, request->options, request->fd, &summary,
                                 &outcome->where);
    outcome->objects = summary.objects;
    outcome->bytes = summary.bytes;
    outcome->seconds = summary.seconds;
    outcome->processes = 1;
}

static void
coordinate(const struct hd_fork *request, int report_fd) {
    struct outcome outcome = {.where = "starting"};
    reset_signals();
    close_all_but(request->fd, report_fd);
    prctl(PR_SET_NAME, "heapdump");
    if (request->target) dump_to_file(request, &outcome);
    else dump_to_stream(request, &outcome);
    if (request->target && (outcome.error || outcome.signal)) {
        hd_target_abort(request->target);
    }
    else if (request->target) {
        outcome.error = hd_target_commit(request->target);
        outcome.where = "renaming it";
    }
    report(report_fd, &outcome);
    _exit(0);
}

pid_t
hd_fork_start(const struct hd_fork *request, int *report_fd) {
    int ends[2];
    sigset_t all, before;
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = hd_detached_fork();
    if (pid == 0) coordinate(request, ends[1]);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        errno = error;
        return -1;
    }
    *report_fd = ends[0];
    return pid;
}
