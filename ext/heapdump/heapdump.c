/*
 * The methods that the extension gives to Ruby. This file raises, and so may options.c, context.c,
 * load.c, counted.c and pending.c; the walk does not. README.md says in which order the folders may
 * be read.
 */
#include <ruby.h>
#include <ruby/io.h>
#include <ruby/version.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account/account.h"
#include "allocations/binding.h"
#include "allocations/sampler.h"
#include "base/clock.h"
#include "base/reason.h"
#include "base/types.h"
#include "counted.h"
#include "disk.h"
#include "gdb.h"
#include "guard/guard.h"
#include "lines/names.h"
#include "load.h"
#include "mri/mri.h"
#include "own_strings.h"
#include "pending.h"
#include "process/report.h"
#include "process/start.h"
#include "request/target.h"
#include "run/dump.h"
#include "signals.h"

static const char *missing_function; // NULL, unless this Ruby lacks it and cannot be dumped at all

static const char opening[] = "opening it";

static void
raise_write_error(VALUE path, int error, const char *where) {
    VALUE target = rb_str_new_lit("the given IO or object");
    if (!NIL_P(path)) target = RSTRING_LEN(path) > 0 ? path : rb_str_new_lit("\"\"");
    const char *reason = NIL_P(path) || strcmp(where, opening) != 0
                             ? hd_reason(error)
                             : hd_path_reason(StringValueCStr(path), error);
    VALUE message = rb_sprintf("cannot dump the heap to %" PRIsVALUE ": %s (while %s)", target,
                               reason, where);
    VALUE exception = rb_class_new_instance(1, &message, hd_errors.write);
    rb_ivar_set(exception, rb_intern("@errno"), INT2NUM(error));
    rb_ivar_set(exception, rb_intern("@path"), path);
    rb_exc_raise(exception);
}

static void
require_support(void) {
    if (!missing_function) return;
    rb_raise(hd_errors.unsupported, "this Ruby (%s) cannot be dumped: it does not export %s",
             ruby_description, missing_function);
}

/*
 * The end of a stack must not be reached in the process that is dumped: a frame that is larger than
 * the page that guards it writes beyond, MRI takes it for a crash if it happens in C, and a lock of
 * the C library may stay locked. Call this in a function with a small frame.
 */
static void
require_stack(VALUE path, bool fork) {
    enum { TO_DUMP = 64 << 10, TO_FORK = 32 << 10 }; // a quarter more than was ever seen needed
    if (hd_mri_stack_left() >= (fork ? TO_FORK : TO_DUMP)) return;
    raise_write_error(path, EOVERFLOW, "preparing");
}

/*
 * The process in which a dump is being started, 0 for none. A process that is forked meanwhile has
 * another id, so it may start a dump itself.
 */
static pid_t running;
static VALUE latest = Qnil; // the Pending of the dump that was started last

struct run {
    struct hd_options options;
    struct hd_context context;
    struct hd_summary summary;
    struct hd_target target, *file; /* file: &target, or NULL for a stream */
    VALUE pending;                  /* a HeapDump::Pending, or nil */
    int fd, error;
    const char *where;
    bool finished; /* no exception has left run_body */
    double gc_seconds, pause;
    VALUE gc_was_disabled; // Qundef until this dump has disabled the GC
    pid_t child;           /* the coordinator, 0 for a dump in this process */
    int report_fd;
};

/*
 * While this runs, no other Ruby thread gets a turn: until the fork, or the dump itself, is done.
 */
static void
run_stopped(struct run *run) {
    run->where = "preparing";
    run->error = hd_context_collect(&run->context, &run->options);
    if (run->error) return;
    if (run->options.fork) {
        const struct hd_fork request = {.context = &run->context,
                                        .options = &run->options,
                                        .timeout = run->options.timeout,
                                        .several_ractors = run->context.ractors > 1,
                                        .target = run->file,
                                        .fd = run->fd};
        run->where = "forking";
        run->child = hd_fork_start(&request, &run->report_fd);
        if (run->child < 0) run->error = errno;
    }
    else {
        run->error = hd_dump_run(&run->context, &run->options, run->fd, &run->summary, &run->where);
    }
}

static void
refuse_second_dump(void) {
    if (NIL_P(latest) || RTEST(rb_funcall(latest, rb_intern("ended?"), 0))) return;
    rb_raise(hd_errors.busy, "a heap dump of process %ld is already running; wait until it is done",
             (long)getpid());
}

/* The GC is off while the heap must not change, because it would move, free and mark objects. */
static VALUE
run_body(VALUE arg) {
    struct run *run = (struct run *)arg;
    hd_context_prepare(&run->context);
    if (run->context.raised) rb_jump_tag(run->context.raised);
    double start = hd_now();
    if (run->options.gc) rb_gc_start();
    run->gc_was_disabled = rb_gc_disable(); // also finishes a sweep that is under way
    double stopped = hd_now();
    run->gc_seconds = stopped - start;
    run_stopped(run);
    if (run->context.raised) rb_jump_tag(run->context.raised);
    run->pause = hd_now() - stopped;
    run->finished = true;
    return Qnil;
}

/* Leaves the file to the coordinator; in a dump without fork, gives it its name or removes it. */
static void
settle_file(struct run *run) {
    if (run->child > 0) {
        close(run->fd); // the coordinator has a descriptor of its own
    }
    else if (!run->file) {
        // network file systems report a full disk only when the file is closed
        if (close(run->fd) == 0 || errno == EINTR || run->error || !run->finished) return;
        run->error = errno;
        run->where = "closing it";
    }
    else if (run->error || !run->finished) {
        hd_target_abort(&run->target);
    }
    else {
        run->error = hd_target_commit(&run->target, run->summary.bytes);
        run->where = "renaming it";
    }
}

/*
 * True if this process has to wait for that one: it is its child. Process 1 gets all processes
 * whose parent has ended as children, and so the coordinator.
 */
static bool
is_child(pid_t pid) {
    siginfo_t info;
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static VALUE
open_report(VALUE fd) {
    return rb_io_fdopen((int)fd, O_RDONLY, NULL);
}

/* Returns an IO that owns the descriptor from now on. Raises if there is no memory for it. */
static VALUE
own_report(int fd) {
    int state = 0;
    VALUE report = rb_protect(open_report, (VALUE)fd, &state);
    if (!state) return report;
    close(fd);
    rb_jump_tag(state);
}

/* The Array that rb_heapdump_start returns for a dump that has begun. Raises without memory. */
static VALUE
describe(const struct run *run) {
    VALUE gc_seconds = DBL2NUM(run->gc_seconds), pause = DBL2NUM(run->pause);
    VALUE timeout = DBL2NUM(run->options.timeout);
    if (run->child > 0) {
        VALUE partial = run->file ? rb_str_new_cstr(run->target.partial) : Qnil;
        VALUE is_ours = is_child(run->child) ? Qtrue : Qfalse;
        VALUE report = own_report(run->report_fd);
        return rb_ary_new_from_args(8, Qnil, gc_seconds, pause, timeout, report,
                                    PIDT2NUM(run->child), partial, is_ours);
    }
    char line[HD_REPORT_SIZE];
    size_t n = hd_report_write(&(struct hd_report){.objects = run->summary.objects,
                                                   .bytes = run->summary.bytes,
                                                   .seconds = run->summary.seconds,
                                                   .processes = 1},
                               line);
    return rb_ary_new_from_args(8, Qnil, gc_seconds, pause, timeout, rb_str_new(line, (long)n),
                                Qnil, Qnil, Qfalse);
}

/*
 * Runs however run_body ends. It puts the description of the dump into the Pending itself instead
 * of leaving that to the caller: when a method returns, MRI handles interrupts, and if one raised,
 * the returned value would be lost.
 */
static VALUE
run_ensure(VALUE arg) {
    static ID started;
    struct run *run = (struct run *)arg;
    if (run->gc_was_disabled == Qfalse) rb_gc_enable();
    hd_context_free(&run->context);
    settle_file(run);
    running = 0; // must be done before anything below can raise
    if (run->finished && !run->error) {
        if (!started) {
            started = rb_intern("@started");
            rb_gc_register_address(&latest);
        }
        VALUE description = describe(run);
        if (!NIL_P(run->pending)) rb_ivar_set(run->pending, started, description);
        if (!NIL_P(run->pending)) latest = run->pending;
        run->pending = description;
    }
    return Qnil;
}

/*
 * Opens the file; for a given descriptor, makes a copy of it that no code of the application knows,
 * so nobody closes it meanwhile.
 */
static void
open_output(struct run *run, VALUE path, VALUE fd) {
    // not later in a forked child: the dynamic loader takes locks
    if (!hd_codec_load(run->options.compression)) raise_write_error(path, ENOSYS, opening);
    int error = 0;
    if (NIL_P(path)) {
        run->fd = fcntl(NUM2INT(fd), F_DUPFD_CLOEXEC, 0);
        if (run->fd < 0) error = errno;
    }
    else {
        error = hd_target_open(&run->target, StringValueCStr(path));
        run->file = &run->target;
        run->fd = run->target.fd;
    }
    if (error) raise_write_error(path, error, opening);
}

/* Its frame is several pages large, so it must not become part of its caller. */
__attribute__((noinline)) static VALUE
start(VALUE path, VALUE fd, VALUE keywords, VALUE pending) {
    struct run run = {.fd = -1, .gc_was_disabled = Qundef, .pending = pending};
    hd_options_parse(&run.options, keywords, path);
    if (running == getpid()) {
        rb_raise(hd_errors.busy,
                 "a heap dump of process %ld is already being started; try again when it is done",
                 (long)running);
    }
    refuse_second_dump();
    require_stack(path, run.options.fork);
    open_output(&run, path, fd);
    running = getpid();
    rb_ensure(run_body, (VALUE)&run, run_ensure, (VALUE)&run);
    hd_guard_settle();
    if (run.child < 0) return rb_ary_new_from_args(1, INT2NUM(run.error));
    if (run.error) raise_write_error(path, run.error, run.where);
    return run.pending;
}

/*
 * HeapDump.start(path, fd, keywords, pending = nil) => Array. One of path (String) and fd
 * (descriptor, Integer) is nil. Returns one of
 *
 *   [nil, gc_seconds, pause, timeout, report, pid, partial, whether pid is a child of this process]
 *   [errno]  if no process could be forked
 *
 * The first is also put into @started of the Pending. The report is an IO from which it can be
 * read. For a dump in this process the report is the String itself, and pid and partial are nil.
 * process/report.h describes the report.
 *
 * Private: lib/heapdump.rb documents `dump`.
 */
static VALUE
rb_heapdump_start(int argc, VALUE *argv, VALUE self) {
    VALUE path, fd, keywords, pending;
    (void)self;
    hd_guard_check_in();
    rb_scan_args(argc, argv, "31", &path, &fd, &keywords, &pending);
    require_support();
    require_stack(path, true);
    return start(path, fd, keywords, pending);
}

static VALUE
start_for_debugger(VALUE self, VALUE path, VALUE fd, VALUE keywords) {
    VALUE arguments[] = {path, fd, keywords};
    return rb_heapdump_start(3, arguments, self);
}

/*
 * HeapDump.descriptor(io) => the number of the descriptor that an IO writes to. Private. Raises
 * IOError if it is closed, Errno::EBADF if it does not write.
 */
static VALUE
rb_heapdump_descriptor(VALUE self, VALUE io) {
    (void)self;
    int fd = rb_io_descriptor(
        rb_io_get_write_io(io)); // another one where IO.popen reads and writes
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) rb_sys_fail("fcntl");
    if ((flags & O_ACCMODE) == O_RDONLY) rb_syserr_fail(EBADF, "not opened for writing");
    return INT2NUM(fd);
}

/* HeapDump.reason(errno): the words for it. Private. */
static VALUE
rb_heapdump_reason(VALUE self, VALUE error) {
    (void)self;
    return rb_utf8_str_new_cstr(hd_reason(NUM2INT(error)));
}

/* HeapDump.fail_writing(path, errno, where): raises the WriteError of a forked dump. Private. */
static VALUE
rb_heapdump_fail(VALUE self, VALUE path, VALUE error, VALUE where) {
    (void)self;
    raise_write_error(path, NUM2INT(error), StringValueCStr(where));
    return Qnil;
}

/*
 * HeapDump.check_options(path, keywords): raises the ArgumentError or WriteError that a dump to
 * this path with these keywords would raise, as far as that is known before the dump. Private.
 */
static VALUE
rb_heapdump_check(VALUE self, VALUE path, VALUE keywords) {
    (void)self;
    struct hd_options options;
    require_support();
    require_stack(path, true);
    hd_options_parse(&options, keywords, path);
    if (!hd_codec_load(options.compression)) raise_write_error(path, ENOSYS, "preparing");
    return Qnil;
}

/* HeapDump.seconds(name, value) => Float. Raises ArgumentError; see options.h. Private. */
static VALUE
rb_heapdump_seconds(VALUE self, VALUE name, VALUE value) {
    (void)self;
    return DBL2NUM(hd_seconds(StringValueCStr(name), value));
}

/* HeapDump.count(namespaces, gc) => Hash. Private: lib/heapdump.rb documents `counts`. */
static VALUE
rb_heapdump_count(VALUE self, VALUE namespaces, VALUE gc) {
    (void)self;
    require_support();
    return hd_counted(namespaces, RTEST(gc));
}

/*
 * call-seq: HeapDump.capabilities -> array of strings
 *
 * The kinds of names that the dumper can give on this Ruby, as the header of a dump lists them; see
 * docs/format.md.
 */
static VALUE
rb_heapdump_capabilities(VALUE self) {
    (void)self;
    VALUE list = rb_ary_new();
    for (int i = 0; i < HD_CAPABILITIES; i++) {
        enum hd_capability capability = (enum hd_capability)i;
        if (hd_can(capability)) rb_ary_push(list, rb_str_new_cstr(hd_capability_name(capability)));
    }
    return list;
}

/* HeapDump.checked? => true if contracts are checked, which takes time; see check.h. Private. */
static VALUE
rb_heapdump_checked(VALUE self) {
    (void)self;
    return HD_CHECKED ? Qtrue : Qfalse;
}

static void
prepare(void) {
    hd_guard_init();
    hd_account_init();
    hd_context_init();
    missing_function = hd_mri_init(getenv("HEAPDUMP_WITHOUT"));
    if (!missing_function) hd_gdb_init(start_for_debugger, rb_heapdump_count);
}

/*
 * Defines `start` last: if it is defined, all methods are. Methods that another copy of the
 * extension has defined are removed first, so that Ruby does not warn.
 */
static void
define(void) {
    static const char *const names[] = {
        "capabilities",  "fail_writing", "read_report",    "reason",        "descriptor",
        "check_options", "seconds",      "mark",           "notice",        "checked?",
        "count",         "own_strings",  "without_signal", "signal_action", "restore_signal_action",
        "disk",          "attempt",      "stop",           "start"};
    VALUE module = rb_define_module("HeapDump"), singleton = rb_singleton_class(module);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) rb_undef_method(singleton, names[i]);
    rb_define_singleton_method(module, "capabilities", rb_heapdump_capabilities, 0);
    rb_define_private_method(singleton, "read_report", rb_heapdump_read_report, 1);
    rb_define_private_method(singleton, "attempt", rb_heapdump_attempt, 1);
    rb_define_private_method(singleton, "stop", rb_heapdump_stop, 1);
    rb_define_private_method(singleton, "reason", rb_heapdump_reason, 1);
    rb_define_private_method(singleton, "descriptor", rb_heapdump_descriptor, 1);
    rb_define_private_method(singleton, "fail_writing", rb_heapdump_fail, 3);
    rb_define_private_method(singleton, "check_options", rb_heapdump_check, 2);
    rb_define_private_method(singleton, "seconds", rb_heapdump_seconds, 2);
    rb_define_private_method(singleton, "mark", rb_heapdump_mark, 2);
    rb_define_private_method(singleton, "notice", rb_heapdump_notice, 1);
    rb_define_private_method(singleton, "checked?", rb_heapdump_checked, 0);
    rb_define_private_method(singleton, "count", rb_heapdump_count, 2);
    rb_define_private_method(singleton, "own_strings", rb_heapdump_own_strings, 0);
    rb_define_private_method(singleton, "signal_action", rb_heapdump_signal_action, 1);
    rb_define_private_method(singleton, "restore_signal_action", rb_heapdump_restore_signal_action,
                             2);
    rb_define_private_method(singleton, "without_signal", rb_heapdump_without_signal, 1);
    rb_define_private_method(singleton, "disk", rb_heapdump_disk, 1);
    hd_allocations_define(module, hd_errors.error, hd_errors.busy);
    hd_sampler_define(module, hd_errors.error, hd_errors.busy);
    rb_define_private_method(singleton, "start", rb_heapdump_start, -1);
}

RUBY_FUNC_EXPORTED void
Init_heapdump(void) {
    rb_ext_ractor_safe(true); // lib/heapdump.rb refuses other Ractors, with a reason
    hd_load(&(struct hd_face){.prepare = prepare, .define = define});
}
