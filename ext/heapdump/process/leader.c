/*
 * The leader of a forked dump, and its workers; see leader.h.
 */
#include "process/leader.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "guard/guard.h"
#include "lines/roots.h"
#include "out/identity.h"
#include "process/accountant.h"
#include "process/child.h"
#include "run/dump.h"

enum { PAGES_AT_ONCE = 16, LEADER = 0 };
enum { PATIENCE = 10 }; // the longest time for one object, in seconds

/* The arguments of a guarded call, and its error. */
struct task {
    const struct hd_fork *request;
    struct hd_team *team;
    struct hd_dump *dump;
    struct hd_tally *tally;
    pid_t accountant;
    int error;
};

static void
write_pages(void *arg) {
    struct task *task = arg;
    struct hd_dump *dump = task->dump;
    struct hd_team *team = task->team;
    uint64_t written;
    dump->tally = task->tally;
    int error = hd_dump_open(dump, task->request->fd, &team->file);
    size_t allocated = rb_gc_stat(ID2SYM(rb_intern("total_allocated_objects")));
    size_t gc_runs = rb_gc_count();
    while (!error && !dump->out.error) {
        size_t from = atomic_fetch_add(&team->next_page, PAGES_AT_ONCE);
        if (from >= dump->pages.size) break;
        if (task->tally == &team->tallies[LEADER]) hd_team_reap(team, false);
        size_t to = from + PAGES_AT_ONCE;
        hd_dump_write_pages(dump, from, to < dump->pages.size ? to : dump->pages.size);
    }
    if (!error) {
        hd_write_found_roots(dump);
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
work(const struct hd_fork *request, struct hd_dump *dump, struct hd_team *team, int number) {
    struct hd_tally *tally = &team->tallies[number];
    struct task task = {.request = request, .team = team, .dump = dump, .tally = tally};
    tally->error = guarded(write_pages, &task);
}

/* The longest time for one object, in seconds: less than PATIENCE if the timeout is short. */
static int
patience(const struct hd_options *options) {
    int quarter = options->timeout / 4;
    return quarter < 1 ? 1 : quarter < PATIENCE ? quarter : PATIENCE;
}

/*
 * Waits for a byte from each worker. The end of a worker need not close the pipe: a process that an
 * extension's function has forked may hold it open. Returns 0 or ECHILD.
 */
static int
await_workers(int done, int count, struct hd_team *team) {
    enum { MILLISECONDS = 100 }; // between looks at who has ended; the guard's clock shortens it
    bool ended = false;
    while (count > 0) {
        char byte;
        struct pollfd poll_done = {.fd = done, .events = POLLIN};
        if (poll(&poll_done, 1, ended ? 0 : MILLISECONDS) > 0) {
            ssize_t n = read(done, &byte, 1);
            if (n == 1) count--;
            if (n == 0 || (n < 0 && errno != EINTR)) break;
        }
        else if (ended) {
            break;
        }
        else {
            ended = hd_team_reap(team, false) == 0; // all bytes are in the pipe by now
        }
    }
    if (count == 0) return 0;
    hd_team_reap(team, true);
    return ECHILD; // a worker has ended before it had finished
}

/*
 * Writes the tail of the file and cuts off what is beyond: bytes of a long line that was taken
 * back. Returns 0 or an errno.
 */
static int
end_file(struct hd_dump *dump, const struct hd_team *team, int fd) {
    uint64_t before = dump->out.written;
    hd_sink_end_file(&dump->out);
    dump->tally->written += dump->out.written - before;
    if (dump->out.error) return dump->out.error;
    struct stat stat;
    off_t size = (off_t)team->file.offset;
    if (fstat(fd, &stat) != 0) return errno;
    if (stat.st_size < size) return EBADMSG; // making it longer would hide that bytes are missing
    return stat.st_size == size || ftruncate(fd, size) == 0 ? 0 : errno;
}

static int
write_footer(struct hd_dump *dump, struct hd_team *team, const struct hd_tally *sum, int fd) {
    uint64_t written;
    dump->tally = &team->tallies[LEADER];
    int error = hd_dump_open(dump, fd, &team->file);
    if (error) return error;
    hd_dump_write_footer(dump, sum, team->seconds);
    error = hd_dump_close(dump, &written);
    return error ? error : end_file(dump, team, fd);
}

/* Collects the pages and writes header and roots. Returns 0 or an errno. */
static int
write_head(const struct task *task) {
    struct hd_dump *dump = task->dump;
    struct hd_team *team = task->team;
    uint64_t written;
    dump->tally = &team->tallies[LEADER];
    int error = hd_dump_open(dump, task->request->fd, &team->file);
    if (!error) error = hd_pages_collect(&dump->pages);
    if (error) return error;
    hd_sink_begin_file(&dump->out);
    hd_dump_look(dump);
    hd_accountant_await(task->accountant, task->request, team);
    hd_dump_write_head(dump);
    hd_write_found_roots(dump); // tables that a worker finds, the worker writes itself
    dump->finalizers.found = 0;
    error = hd_dump_close(dump, &written);
    dump->tally->bytes = dump->out.flushed;
    hd_dump_end(dump);
    return error;
}

static void
lead_to_file(void *arg) {
    struct task *task = arg;
    const struct hd_fork *request = task->request;
    struct hd_team *team = task->team;
    struct hd_dump *dump = task->dump;
    int count = 0, done[2], wanted = request->options->processes;
    int seconds = patience(request->options);
    if ((task->error = write_head(task)) != 0) return;
    if (hd_pipe(done) != 0) {
        task->error = errno;
        return;
    }
    struct hd_identity pipe;
    if ((task->error = hd_identify(done[1], &pipe)) != 0) return;
    team->where = "writing";
    while (count + 1 < wanted) {
        pid_t pid = hd_team_fork();
        if (pid == 0) {
            team->tallies[count + 1].error = hd_guard_install(&dump->out, seconds);
            if (!team->tallies[count + 1].error) work(request, dump, team, count + 1);
            if (!hd_is_same(done[1], &pipe)) _exit(1);
            _exit(write(done[1], "", 1) == 1 ? HD_WORKER_DONE : 1);
        }
        if (pid < 0) break; // the dump goes on with fewer processes
        team->workers[count++] = pid;
    }
    close(done[1]);
    work(request, dump, team, LEADER);
    int error = await_workers(done[0], count, team);
    close(done[0]);
    team->processes = count + 1;
    struct hd_tally sum = hd_team_sum(team, team->processes);
    team->seconds = hd_now() - team->start;
    if (!error) error = sum.error;
    if (!error) {
        hd_dump_end(dump);
        error = write_footer(dump, team, &sum, request->fd);
        if (error == EBADMSG) team->where = hd_checking;
    }
    task->error = error;
}

static void
lead_to_stream(void *arg) {
    struct task *task = arg;
    struct hd_team *team = task->team;
    struct hd_summary summary = {0};
    struct hd_dump *dump = task->dump;
    dump->tally = task->tally;
    hd_accountant_await(task->accountant, task->request, team);
    task->error = hd_dump_run_as(dump, task->request->fd, &summary, &team->where);
    team->file.offset = summary.bytes;
    team->seconds = summary.seconds;
    team->processes = 1;
}

/* Checks that all lines and bytes that should be there have been written. Returns 0 or an errno. */
static int
check_sum(const struct hd_fork *request, struct hd_team *team) {
    struct hd_tally sum = hd_team_sum(team, team->processes);
    team->where = hd_checking;
    if (sum.gc_runs > 0) return ENOTRECOVERABLE;
    if (!hd_tally_adds_up(&sum, request->options->format == HD_FORMAT_HEAPDUMP)) return EBADMSG;
    return sum.written == team->file.offset ? 0 : EBADMSG;
}

void
hd_lead(const struct hd_fork *request, struct hd_team *team) {
    struct hd_dump dump = {.options = request->options, .context = request->context};
    struct task task = {
        .request = request, .team = team, .dump = &dump, .tally = &team->tallies[LEADER]};
    task.accountant = hd_accountant_start(request, team);
    team->error = hd_guard_install(&dump.out, patience(request->options));
    if (!team->error) {
        team->error = guarded(request->target ? lead_to_file : lead_to_stream, &task);
    }
    if (!team->error) team->error = check_sum(request, team);
    team->finished = true;
}
