/*
 * The coordinator of a forked dump; see coordinator.h.
 */
#include "process/coordinator.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#ifdef HAVE_PRCTL
#    include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/child.h"
#include "process/leader.h"
#include "process/report.h"

enum { NICENESS = 5 };
enum { STALL_SECONDS = 20 }; // with several Ractors: the longest time without any progress

/*
 * Signals that the coordinator waits for. All but SIGCHLD end it, after it removed the partial
 * file.
 */
static const int ends[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};

/* Blocks the signals that the coordinator waits for, and no others. Returns their set. */
static sigset_t
block_ends(void) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) sigaddset(&set, ends[i]);
    sigprocmask(SIG_SETMASK, &set, NULL);
    return set;
}

/*
 * Closes all descriptors but a and b. If a child held the application's sockets open, their peers
 * would wait. The first three descriptors become /dev/null instead: MRI writes to stderr about bugs
 * that guard.c then passes over.
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

/*
 * Gives the application precedence over this process: for the processor, for the disk, and when the
 * kernel runs out of memory.
 */
static void
stand_back(void) {
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICENESS);
    // class "idle": this process reads and writes only when no other process does
    enum { PROCESS = 1, IDLE = 3 << 13 };
    syscall(SYS_ioprio_set, PROCESS, 0, IDLE);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t done = write(fd, "1000", 4);
    (void)done; // if that is not allowed, the kernel decides by its own rules
    close(fd);
}

/*
 * From now on what the leader and the workers leave behind becomes a child of this process: what
 * extensions have forked, and workers whose leader has died. Otherwise the application might get
 * them, as process 1 of a container does, which need not expect children.
 */
static void
adopt(void) {
#ifdef PR_SET_CHILD_SUBREAPER
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

static bool
is_crash(int signal) {
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT || signal == SIGILL ||
           signal == SIGFPE;
}

/* What the coordinator watches while it waits. */
struct watch {
    pid_t leader;
    struct hd_team *team;
    double deadline;      // of the clock with sleep: whoever asked may believe that it is over then
    bool several_ractors; // another Ractor may have held a lock that the leader waits for
    uint64_t progress;
    double progressed; // the time at which `progress` changed last
};

static struct watch
begin_watch(const struct hd_fork *request, struct hd_team *team, pid_t leader) {
    double now = hd_now();
    return (struct watch){.leader = leader,
                          .team = team,
                          .deadline = hd_now_with_sleep() + request->timeout,
                          .several_ractors = request->several_ractors,
                          .progressed = now};
}

/* Returns an errno if the leader must not be waited for any longer, else 0. */
static int
look_at_clock(struct watch *watch) {
    if (hd_now_with_sleep() >= watch->deadline) return ETIMEDOUT;
    double now = hd_now();
    uint64_t progress = hd_team_objects(watch->team) + watch->team->file.offset;
    if (progress != watch->progress) {
        watch->progress = progress;
        watch->progressed = now;
    }
    return watch->several_ractors && now - watch->progressed > STALL_SECONDS ? EDEADLK : 0;
}

/* A second, or less if the deadline comes before. */
static struct timespec
until_next_look(const struct watch *watch) {
    enum { SHORTEST = 10000000 };
    double left = watch->deadline - hd_now_with_sleep();
    if (left >= 1) return (struct timespec){.tv_sec = 1};
    long nanoseconds = left > 0 ? (long)(left * 1e9) : 0;
    return (struct timespec){.tv_nsec = nanoseconds > SHORTEST ? nanoseconds : SHORTEST};
}

/*
 * Waits for the leader: until it has finished its work if `enough` is true, else until its process
 * has ended. At the deadline, or after a signal, kills it. Returns the signal that the leader died
 * of or that the coordinator has received. Returns 0 if the leader has ended by itself, or was
 * killed because of the time; in that case the error is in the team.
 */
static int
supervise(struct watch *watch, const sigset_t *signals, bool enough) {
    int status;
    for (;;) {
        pid_t pid = waitpid(watch->leader, &status, WNOHANG);
        if (pid == watch->leader) return hd_team_signal(status);
        if (pid < 0 && errno != EINTR) return SIGKILL; // does not happen: nobody else waits for it
        if (enough && watch->team->finished) return 0;
        int error = look_at_clock(watch), signal = 0;
        if (!error) {
            const struct timespec tick = until_next_look(watch);
            signal = sigtimedwait(signals, NULL, &tick);
            if (signal <= 0 || signal == SIGCHLD) continue; // of the leader or of an adopted child
        }
        kill(watch->leader, SIGKILL);
        waitpid(watch->leader, &status, 0);
        watch->team->error = error;
        return error ? 0 : signal;
    }
}

/*
 * Fills the report. The dump is done only if the leader has said that it has finished: a function
 * that it called may have ended its process before.
 */
static void
judge(struct hd_report *report, const struct watch *watch) {
    struct hd_team *team = watch->team;
    report->objects = hd_team_objects(team);
    report->bytes = team->file.offset;
    report->seconds = team->seconds;
    report->processes = team->processes;
    report->where = team->where;
    report->error = team->error;
    bool crashed = is_crash(report->signal) || report->error == EFAULT; // EFAULT: caught by guard.c
    if (watch->several_ractors && crashed) {
        report->error = EDEADLK; // probably a Ractor was changing something at the fork
        report->signal = 0;
    }
    else if (!team->finished && !report->error && !report->signal) {
        report->error = ECHILD;
    }
}

/*
 * Makes the memory that the processes share. Returns NULL, with the errno in `report`, on failure.
 */
static struct hd_team *
make_team(const struct hd_fork *request, struct hd_report *report) {
    struct hd_team *team = mmap(NULL, sizeof *team, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    report->error = ENOMEM;
    if (team == MAP_FAILED) return NULL;
    report->error = hd_shared_init(&team->file, request->target ? request->fd : -1);
    if (report->error) return NULL;
    team->start = hd_now();
    team->where = "preparing";
    return team;
}

/*
 * Forks the leader, in which this does not return. If the fork fails, the coordinator itself does
 * the work of the leader, and -1 is returned.
 */
static pid_t
fork_leader(const struct hd_fork *request, struct hd_team *team, int report_fd) {
    pid_t self = getpid(), leader = hd_team_fork();
    if (leader == 0) close(report_fd); // only the coordinator holds the pipe of the report open
    if (leader <= 0) hd_lead(request, team);
    if (leader == 0) {
        kill(self, SIGCHLD);
        hd_team_reap(team, true);
        _exit(0);
    }
    return leader;
}

/*
 * Gives the file its name, or removes it, or closes the stream. `team` may be NULL after an error.
 */
static void
settle_file(const struct hd_fork *request, struct hd_team *team, struct hd_report *report) {
    bool failed = report->error || report->signal;
    if (request->target && failed) {
        hd_target_abort(request->target);
    }
    else if (request->target) {
        report->error = hd_target_commit(request->target, team->file.offset);
        report->where = report->error == EBADMSG ? hd_checking : "renaming it";
    }
    else if (close(request->fd) != 0 && errno != EINTR && !failed) {
        report->error = errno; // network file systems report a full disk only here
        report->where = "closing it";
    }
}

static void
tell(int fd, const struct hd_report *report) {
    char line[HD_REPORT_SIZE];
    size_t n = hd_report_write(report, line);
    while (write(fd, line, n) < 0 && errno == EINTR) continue;
    close(fd);
}

/*
 * Takes the status of all children. What an extension has forked may take a moment to end; what it
 * still runs after that is waited for by nobody. All is told by now, so this holds up nobody but
 * those who wait for this process itself: they end it by a signal, as before.
 */
static void
outlive_children(const sigset_t *signals) {
    enum { SECONDS = 5 };
    const struct timespec tick = {.tv_nsec = 10000000};
    double until = hd_now() + SECONDS;
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid > 0 || (pid < 0 && errno == EINTR)) continue;
        if (pid < 0 || hd_now() > until) return;
        int signal = sigtimedwait(signals, NULL, &tick);
        if (signal > 0 && signal != SIGCHLD) return;
    }
}

/* Whether somebody has asked this process to end, by one of these signals. */
static bool
is_asked_to_end(const sigset_t *signals, int signal) {
    return signal > 0 && signal != SIGCHLD && sigismember(signals, signal) == 1;
}

void
hd_coordinate(const struct hd_fork *request, int report_fd) {
    hd_child_reset_signals();
    close_all_but(request->fd, report_fd);
#ifdef HAVE_PRCTL
    prctl(PR_SET_NAME, "heapdump");
#endif
    adopt();
    stand_back();
    sigset_t signals = block_ends();
    pid_t leader = -1;
    struct watch watch;
    struct hd_report report = {.where = "preparing"};
    struct hd_team *team = make_team(request, &report);
    if (team) {
        leader = fork_leader(request, team, report_fd);
        watch = begin_watch(request, team, leader);
        if (leader > 0) report.signal = supervise(&watch, &signals, true);
        judge(&report, &watch);
    }
    settle_file(request, team, &report);
    tell(report_fd, &report);
    bool asked = is_asked_to_end(&signals, report.signal);
    if (leader > 0) asked |= is_asked_to_end(&signals, supervise(&watch, &signals, false));
    else if (team) hd_team_reap(team, true);
    if (!asked) outlive_children(&signals);
    _exit(0);
}
