/*
 * A dump by forked children; see fork.h. In the order in which they are forked:
 *
 *   coordinator  knows nothing of MRI: it waits, with an eye on the clock and on signals
 *   leader       collects the pages, writes header and roots, works like the others, and writes the
 *                footer when all are done
 *   workers      take pages in turn and write their lines
 *
 * Each dies with the one that forked it. None waits for the end of another before it goes on: to take
 * down the memory of such a child takes as long as to fork it.
 */
#include "process/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef HAVE_PRCTL
#    include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process/child.h"
#include "process/detach.h"
#include "run/dump.h"
#include "guard/guard.h"
#include "out/shared.h"

enum { PAGES_AT_ONCE = 16, LEADER = 0, NICENESS = 5 };
enum { STALL_SECONDS = 20 }; // with several Ractors, without an object written
enum { PATIENCE = 10 };      // with one object, in seconds

static const char CHECKING[] = "checking what was written";

/* What became of a dump: a failure has an errno or a signal. */
struct outcome {
    int error, signal;
    uint64_t objects;
};

static void
report(int fd, const struct hd_shared *shared, const struct outcome *outcome) {
    char line[256];
    int n;
    unsigned long long objects = outcome->objects;
    if (outcome->error || outcome->signal) {
        n = snprintf(line, sizeof line, "failed %d %d %llu %s\n", outcome->error, outcome->signal,
                     objects, shared && shared->where ? shared->where : "preparing");
    }
    else {
        n = snprintf(line, sizeof line, "done %llu %llu %.6f %d\n", objects,
                     (unsigned long long)shared->offset, shared->seconds, shared->processes);
    }
    while (write(fd, line, (size_t)n) < 0 && errno == EINTR) continue;
}

/* What ends a coordinator before its time, in good order: the partial file goes first. */
static const int ends[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};

/* Blocks those that the coordinator waits for, and lets all others through. */
static sigset_t
block_ends(void) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) sigaddset(&set, ends[i]);
    sigprocmask(SIG_SETMASK, &set, NULL);
    return set;
}

/*
 * A child that held the application's sockets would keep their peers waiting. The first three stay
 * taken: MRI reports its bugs to stderr, and guard.c makes little of them.
 */
static void
close_all_but(int a, int b) {
    int low = a < b ? a : b, high = a < b ? b : a, null = open("/dev/null", O_RDWR);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fd != a && fd != b && null >= 0) dup2(null, fd);
    }
    if (low <= STDERR_FILENO) low = STDERR_FILENO;
    if (high <= STDERR_FILENO) high = STDERR_FILENO;
    hd_child_close(STDERR_FILENO + 1, low - 1);
    hd_child_close(low + 1, high - 1);
    hd_child_close(high + 1, INT_MAX);
}

/* The application comes first: for the processor and the disk, and when memory runs out. */
static void
stand_back(void) {
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICENESS);
    // idle: read and write when nobody else does
    enum { PROCESS = 1, IDLE = 3 << 13 };
    syscall(SYS_ioprio_set, PROCESS, 0, IDLE);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t done = write(fd, "1000", 4);
    (void)done; // where that is not allowed, the kernel judges as it likes
    close(fd);
}

/* What a guard is asked to do, and what came of it. */
struct task {
    const struct hd_fork *request;
    struct hd_shared *shared;
    struct hd_dump *dump;
    struct hd_tally *tally;
    int error;
};

static void
write_pages(void *arg) {
    struct task *task = arg;
    struct hd_dump *dump = task->dump;
    struct hd_shared *shared = task->shared;
    uint64_t written;
    dump->tally = task->tally;
    int error = hd_dump_open(dump, task->request->fd, shared);
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
    task->tally->bytes += dump->out.flushed;
    task->tally->allocated += rb_gc_stat(ID2SYM(rb_intern("total_allocated_objects"))) - allocated;
    task->tally->gc_runs += rb_gc_count() - gc_runs;
    task->error = error;
}

static int
guarded(void (*fn)(void *), struct task *task) {
    task->error = EFAULT;
    int outcome = hd_guard(fn, task);
    return outcome ? hd_error_of(outcome) : task->error;
}

static void
work(const struct hd_fork *request, struct hd_dump *dump, struct hd_shared *shared, int number) {
    struct hd_tally *tally = &shared->tallies[number];
    struct task task = {.request = request, .shared = shared, .dump = dump, .tally = tally};
    tally->error = guarded(write_pages, &task);
}

/* So many seconds for one object are too long where the whole dump must not take so long. */
static int
patience(const struct hd_options *options) {
    int quarter = options->timeout / 4;
    return quarter < 1 ? 1 : quarter < PATIENCE ? quarter : PATIENCE;
}

/* Forks a child that dies with its parent. Returns 0 in it. */
static pid_t
fork_child(void) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0) return pid;
#ifdef HAVE_PRCTL
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) _exit(1);
    hd_child_unblock_signals();
    return 0;
}

/* The signal that a child died of, 0 if it came to its end. */
static int
signal_of(int status) {
    if (WIFSIGNALED(status)) return WTERMSIG(status);
    int code = WEXITSTATUS(status);
    return code > 128 ? code - 128 : 0; // guard.c: crashed between two objects
}

static bool
is_crash(int signal) {
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT || signal == SIGILL ||
           signal == SIGFPE;
}

/* Waits for the workers to end. The death of one is the leader's: it ends, and they all with it. */
static void
reap_workers(void) {
    for (;;) {
        int status;
        pid_t pid = wait(&status);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) return; // there are none left
        int signal = signal_of(status);
        if (signal) _exit(128 + signal);
    }
}

/* Waits for a byte from each worker. The last of them closes the pipe, however it ends. */
static int
await_workers(int done, int count) {
    char byte;
    while (count > 0) {
        ssize_t n = read(done, &byte, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        count--;
    }
    if (count == 0) return 0;
    reap_workers();
    return ECHILD; // it came to an end of its own, too early
}

/* While they are still written. */
static uint64_t
objects_of(const struct hd_shared *shared) {
    uint64_t objects = 0;
    for (int i = 0; i < HD_MAX_WORKERS; i++) objects += shared->tallies[i].objects;
    return objects;
}

static struct hd_tally
sum_of(const struct hd_shared *shared, int count) {
    struct hd_tally sum = {0};
    for (int i = 0; i < count; i++) hd_tally_add(&sum, &shared->tallies[i]);
    return sum;
}

/* What was taken back at the end of the file goes. */
static int
end_file(struct hd_dump *dump, const struct hd_shared *shared, int fd) {
    uint64_t before = dump->out.written;
    hd_sink_end_file(&dump->out);
    dump->tally->written += dump->out.written - before;
    if (dump->out.error) return dump->out.error;
    struct stat stat;
    off_t size = (off_t)shared->offset;
    if (fstat(fd, &stat) != 0) return errno;
    if (stat.st_size < size) return EBADMSG; // never made longer: that would hide what is missing
    return stat.st_size == size || ftruncate(fd, size) == 0 ? 0 : errno;
}

static int
write_footer(struct hd_dump *dump, struct hd_shared *shared, const struct hd_tally *sum, int fd) {
    uint64_t written;
    dump->tally = &shared->tallies[LEADER];
    int error = hd_dump_open(dump, fd, shared);
    if (error) return error;
    hd_dump_write_footer(dump, sum, shared->seconds);
    error = hd_dump_close(dump, &written);
    return error ? error : end_file(dump, shared, fd);
}

/* The head, which needs the context of the thread that asked for the dump, and the pages. */
static int
write_head(struct hd_dump *dump, struct hd_shared *shared, int fd) {
    uint64_t written;
    dump->tally = &shared->tallies[LEADER];
    int error = hd_dump_open(dump, fd, shared);
    if (!error) error = hd_pages_collect(&dump->pages);
    if (error) return error;
    hd_sink_begin_file(&dump->out);
    hd_dump_look(dump);
    hd_dump_write_head(dump);
    hd_dump_write_found_roots(dump); // what workers find they write themselves
    dump->finalizers.found = 0;
    error = hd_dump_close(dump, &written);
    dump->tally->bytes = dump->out.flushed;
    hd_dump_end(dump);
    return error;
}

/* What a descriptor stands for; 0 if nothing. */
static ino_t
inode_of(int fd) {
    struct stat stat;
    return fstat(fd, &stat) == 0 ? stat.st_ino : 0;
}

static void
lead_to_file(void *arg) {
    struct task *task = arg;
    const struct hd_fork *request = task->request;
    struct hd_shared *shared = task->shared;
    struct hd_dump *dump = task->dump;
    int count = 0, done[2], wanted = request->options->processes;
    int seconds = patience(request->options);
    if ((task->error = write_head(dump, shared, request->fd)) != 0) return;
    if (hd_pipe(done) != 0) {
        task->error = errno;
        return;
    }
    ino_t pipe_inode = inode_of(done[1]);
    shared->where = "writing";
    while (count + 1 < wanted) {
        pid_t pid = fork_child();
        if (pid == 0) {
            shared->tallies[count + 1].error = hd_guard_install(&dump->out, seconds);
            if (!shared->tallies[count + 1].error) work(request, dump, shared, count + 1);
            if (inode_of(done[1]) != pipe_inode) _exit(1); // as in sink.c
            _exit(write(done[1], "", 1) != 1);
        }
        if (pid < 0) break; // then with fewer
        count++;
    }
    close(done[1]);
    work(request, dump, shared, LEADER);
    int error = await_workers(done[0], count);
    close(done[0]);
    shared->processes = count + 1;
    struct hd_tally sum = sum_of(shared, shared->processes);
    shared->seconds = hd_now() - shared->start;
    if (!error) error = sum.error;
    if (!error) {
        hd_dump_end(dump);
        error = write_footer(dump, shared, &sum, request->fd);
        if (error == EBADMSG) shared->where = CHECKING;
    }
    task->error = error;
}

static void
lead_to_stream(void *arg) {
    struct task *task = arg;
    struct hd_shared *shared = task->shared;
    struct hd_summary summary = {0};
    struct hd_dump *dump = task->dump;
    dump->tally = task->tally;
    task->error = hd_dump_run_as(dump, task->request->fd, &summary, &shared->where);
    shared->offset = summary.bytes;
    shared->seconds = summary.seconds;
    shared->processes = 1;
}

/* What the leader has written must be all that there should be. */
static int
check_sum(const struct hd_fork *request, struct hd_shared *shared) {
    struct hd_tally sum = sum_of(shared, shared->processes);
    shared->where = CHECKING;
    if (sum.gc_runs > 0) return ENOTRECOVERABLE;
    if (!hd_tally_adds_up(&sum, request->options->format)) return EBADMSG;
    return sum.written == shared->offset ? 0 : EBADMSG;
}

static void
lead(const struct hd_fork *request, struct hd_shared *shared) {
    struct hd_dump dump = {.options = request->options, .context = request->context};
    struct task task = {
        .request = request, .shared = shared, .dump = &dump, .tally = &shared->tallies[LEADER]};
    shared->error = hd_guard_install(&dump.out, patience(request->options));
    if (!shared->error) {
        shared->error = guarded(request->target ? lead_to_file : lead_to_stream, &task);
    }
    if (!shared->error) shared->error = check_sum(request, shared);
    shared->finished = true;
}

/* What the coordinator looks after while it waits. */
struct watch {
    pid_t leader;
    struct hd_shared *shared;
    double deadline;
    bool several_ractors; // one of them may have held a lock that the leader now waits for
    uint64_t progress;
    double progressed; // when
};

static struct watch
begin_watch(const struct hd_fork *request, struct hd_shared *shared, pid_t leader) {
    double now = hd_now();
    return (struct watch){.leader = leader,
                          .shared = shared,
                          .deadline = now + request->options->timeout,
                          .several_ractors = request->context->ractors > 1,
                          .progressed = now};
}

/* An errno where there is nothing to wait for any more, else 0. */
static int
look_at_clock(struct watch *watch) {
    double now = hd_now();
    if (now >= watch->deadline) return ETIMEDOUT;
    uint64_t progress = objects_of(watch->shared) + watch->shared->offset;
    if (progress != watch->progress) {
        watch->progress = progress;
        watch->progressed = now;
    }
    return watch->several_ractors && now - watch->progressed > STALL_SECONDS ? EDEADLK : 0;
}

/* A second, or what is left until the deadline. */
static struct timespec
until_next_look(const struct watch *watch) {
    enum { SHORTEST = 10000000 };
    double left = watch->deadline - hd_now();
    if (left >= 1) return (struct timespec){.tv_sec = 1};
    long nanoseconds = left > 0 ? (long)(left * 1e9) : 0;
    return (struct timespec){.tv_nsec = nanoseconds > SHORTEST ? nanoseconds : SHORTEST};
}

/*
 * Waits until the leader has finished, and if that is not `enough` until it has ended, but not beyond
 * the deadline or a signal to end. Returns the signal that it died of, 0 where it has ended by itself
 * or was given up: the error is in `shared`.
 */
static int
supervise(struct watch *watch, const sigset_t *signals, bool enough) {
    int status;
    for (;;) {
        pid_t pid = waitpid(watch->leader, &status, WNOHANG);
        if (pid == watch->leader) return signal_of(status);
        if (pid < 0 && errno != EINTR) return SIGKILL; // nobody else waits for it
        if (enough && watch->shared->finished) return 0;
        const struct timespec tick = until_next_look(watch);
        int signal = sigtimedwait(signals, NULL, &tick);
        if (signal == SIGCHLD) continue;
        int error = look_at_clock(watch);
        if (signal <= 0 && !error) continue;
        kill(watch->leader, SIGKILL);
        waitpid(watch->leader, &status, 0);
        watch->shared->error = error;
        return error ? 0 : signal;
    }
}

/* Only a leader that says so has finished: it may also have been ended by what it called. */
static void
judge(struct outcome *outcome, const struct watch *watch) {
    struct hd_shared *shared = watch->shared;
    outcome->objects = objects_of(shared);
    outcome->error = shared->error;
    bool crashed = is_crash(outcome->signal) || outcome->error == EFAULT; // the latter was caught
    if (watch->several_ractors && crashed) {
        outcome->error = EDEADLK; // one was in the middle of something
        outcome->signal = 0;
    }
    else if (!shared->finished && !outcome->error && !outcome->signal) {
        outcome->error = ECHILD;
    }
}

struct start {
    const struct hd_fork *request;
    int report_fd;
    pid_t pid;
    int error;
};

static void
coordinate(void *arg) {
    const struct start *start = arg;
    const struct hd_fork *request = start->request;
    int report_fd = start->report_fd;
    hd_child_reset_signals();
    close_all_but(request->fd, report_fd);
#ifdef HAVE_PRCTL
    prctl(PR_SET_NAME, "heapdump");
#endif
    stand_back();
    sigset_t signals = block_ends();
    pid_t leader = -1;
    struct watch watch;
    struct outcome outcome = {.error = ENOMEM};
    struct hd_shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) shared = NULL;
    if (shared) outcome.error = hd_shared_init(shared, request->target ? request->fd : -1);
    if (!outcome.error) {
        shared->start = hd_now();
        shared->where = "preparing";
        pid_t self = getpid();
        leader = fork_child();
        if (leader == 0) close(report_fd);      // its end is that of the coordinator
        if (leader <= 0) lead(request, shared); // in this process, if no other is to be had
        if (leader == 0) {
            kill(self, SIGCHLD);
            reap_workers();
            _exit(0);
        }
        watch = begin_watch(request, shared, leader);
        if (leader > 0) outcome.signal = supervise(&watch, &signals, true);
        judge(&outcome, &watch);
    }
    if (request->target && (outcome.error || outcome.signal)) {
        hd_target_abort(request->target);
    }
    else if (request->target) {
        outcome.error = hd_target_commit(request->target, shared->offset);
        shared->where = outcome.error == EBADMSG ? CHECKING : "renaming it";
    }
    else if (close(request->fd) != 0 && errno != EINTR && !outcome.error && !outcome.signal) {
        outcome.error = errno; // as network file systems tell of a full disk
        shared->where = "closing it";
    }
    report(report_fd, shared, &outcome);
    close(report_fd);
    if (leader > 0) supervise(&watch, &signals, false);
    else reap_workers();
    _exit(0);
}

static void
start_i(void *arg) {
    struct start *start = arg;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    start->pid = hd_detached_fork();
    if (start->pid == 0) hd_guard_confine(coordinate, start);
    start->error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

pid_t
hd_fork_start(const struct hd_fork *request, int *report_fd) {
    int pipe[2];
    if (hd_pipe(pipe) != 0) return -1;
    struct start start = {.request = request, .report_fd = pipe[1]};
    hd_mri_stop_ractors(request->context->ractors > 1, start_i, &start);
    close(pipe[1]);
    if (start.pid < 0) {
        close(pipe[0]);
        errno = start.error;
        return -1;
    }
    *report_fd = pipe[0];
    return start.pid;
}
