/*
 * Functions for a debugger; see gdb.h. They make the same dump and the same counts as the methods
 * of HeapDump, but in a copy of the process. Three processes take part:
 *
 *   the process  only checks whether it can be copied now, and forks the watcher
 *   watcher      forks the worker, waits for its end, and reports if it has crashed
 *   worker       runs Ruby: prepares a dump and has it written by its own children (process/), or
 *                counts
 */
#include "gdb.h"

#include <ruby.h>
#include <ruby/thread.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reason.h"
#include "process/child.h"
#include "mri/mri.h"
#include "request/context.h"
#include "process/detach.h"
#include "process/report.h"
#include "out/json.h"
#include "base/notice.h"
#include "base/raised.h"
#include "own_strings.h"
#include "vectors.h"

/* Exported by every Ruby, but not in its headers before 3.4. */
int ruby_thread_has_gvl_p(void);

#define EXPORTED __attribute__((visibility("default")))
#define NO_MEMORY "there is not enough memory for the result"

enum { MAX_NAMESPACES = 256, PREPARATION_SECONDS = 60, RESULTS = 4, RESULT_SIZE = 1 << 18 };

// NULL until the extension is initialized
static VALUE (*start_function)(VALUE self, VALUE path, VALUE fd, VALUE keywords);
static VALUE (*count_function)(VALUE self, VALUE namespaces, VALUE gc);

/*
 * Memory for the strings that heapdump_count_objects_return gives to its callers. Each piece is
 * used once. It is allocated when the extension is loaded: later the process may be inside of
 * malloc.
 */
static char *results[RESULTS];

void
hd_gdb_init(VALUE (*start)(VALUE, VALUE, VALUE, VALUE), VALUE (*count)(VALUE, VALUE, VALUE)) {
    start_function = start;
    count_function = count;
    for (int i = 0; i < RESULTS; i++) results[i] = malloc(RESULT_SIZE);
}

static const char *
explain(int status) {
    switch (status) {
    case HEAPDUMP_NOT_READY:
        return "this process has not loaded heapdump; require it there, or use `heapdump take`";
    case HEAPDUMP_IN_GC:
        return "the GC is running; let the process go on and try again";
    case HEAPDUMP_NO_LOCK:
        return "this thread does not hold the VM's lock; choose another thread; in an idle "
               "process none holds it: use heapdump-dump of heapdump.gdb, or `heapdump take`";
    case HEAPDUMP_BUSY:
        return "this thread is inside of malloc or fork; let the process go on and try again";
    default:
        return "no process could be forked; try again when others have ended";
    }
}

static void
tell(const char *text) {
    char line[512];
    int n = snprintf(line, sizeof line, "heapdump: %s\n", text);
    if (n > 0) hd_notice(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* Returns a status: HEAPDUMP_OK if the process may be copied now. */
static int
look_around(void) {
    if (!start_function) return HEAPDUMP_NOT_READY;
    if (!ruby_native_thread_p()) return HEAPDUMP_NO_LOCK;
    // also true for a thread that sleeps within Ruby, which can be copied as well
    if (!ruby_thread_has_gvl_p()) return HEAPDUMP_NO_LOCK;
    return rb_during_gc() ? HEAPDUMP_IN_GC : HEAPDUMP_OK;
}

/*
 * Closes the descriptors of the application, all but `kept` and the first three. Then neither the
 * GC nor a crash of this process can affect what they belong to.
 */
static void
let_go(int kept) {
    int from = kept > STDERR_FILENO ? kept : STDERR_FILENO;
    hd_child_close(STDERR_FILENO + 1, from - 1);
    hd_child_close(from + 1, INT_MAX);
}

/* The caller's pointers may be wrong, so only the copy of the process follows them. */
struct job {
    VALUE (*work)(VALUE job); /* may raise */
    pid_t process;            /* the application */
    const char *path;
    const char *first; /* the first namespace; the others are in `rest` */
    va_list *rest;
    int out; /* the descriptor that the counts are written to */
};

static void tell_error(void);

/* Called by exit(), whatever code calls that: the application's exit handlers must not run here. */
static void
leave(void) {
    _exit(1);
}

/*
 * A thread that waits for the VM's lock gets it when this one next looks at its interrupts. In a
 * copy there is no other thread, so nothing would ever go on.
 */
static void
keep_lock(void) {
    const void *context = hd_mri_is_known() && hd_can(HD_CAN_FRAMES)
                              ? hd_mri_thread_context(rb_thread_current())
                              : NULL;
    if (context) hd_mri_ignore_interrupts(context);
}

/*
 * Disabling the GC ends a sweep that has begun. That may call finalizers, but the descriptors that
 * they could close are closed already.
 */
static VALUE
work_body(VALUE job) {
    keep_lock();
    rb_gc_disable();
    return ((const struct job *)job)->work(job);
}

/*
 * What the worker does. It never returns, and no exception leaves it: the callers of this function
 * belong to the application.
 */
static void
work(const struct job *job) {
    int state = 0;
    hd_child_reset_signals();
    hd_child_unblock_signals();
    let_go(job->out);
    alarm(PREPARATION_SECONDS);
    atexit(leave);
    hd_context_stand_for(job->process);
    rb_protect(work_body, (VALUE)job, &state);
    if (state) tell_error();
    _exit(0);
}

static void
watch(const struct job *job) {
    char text[128];
    int status = 0;
    pid_t worker = fork();
    int error = errno;
    if (worker == 0) work(job);
    let_go(STDERR_FILENO);
    while (worker > 0 && waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
    if (worker < 0) {
        snprintf(text, sizeof text, "failed: no process: %s", strerror(error));
        tell(text);
    }
    else if (WIFSIGNALED(status)) {
        snprintf(text, sizeof text,
                 "failed: its process died of signal %d; try again at another moment",
                 WTERMSIG(status));
        tell(text);
    }
    else if (status != 0) {
        tell("failed: code of the program ended its process");
    }
    _exit(0);
}

/*
 * Forks a copy of the process for a job. Returns a status, and writes what is wrong to stderr.
 * Keeps errno: the code that was stopped may be about to read it.
 */
static int
start(struct job *job) {
    int error = errno, status = look_around();
    if (status == HEAPDUMP_OK) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        job->process = getpid();
        if (hd_fork_would_hang()) {
            status = HEAPDUMP_BUSY;
        }
        else {
            pid_t pid = hd_detached_fork();
            if (pid == 0) watch(job);
            if (pid < 0) status = HEAPDUMP_FAILED;
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (status != HEAPDUMP_OK) tell(explain(status));
    errno = error;
    return status;
}

static VALUE
message_of(VALUE error) {
    return rb_funcall(error, rb_intern("message"), 0);
}

/* Writes the message of the exception that was raised. */
static void
tell_error(void) {
    char text[400] = "failed";
    int state = 0;
    VALUE error = rb_errinfo(); // after a throw it is no object that has methods
    VALUE message = hd_is_exception(error) ? rb_protect(message_of, error, &state) : Qnil;
    if (!state && RB_TYPE_P(message, T_STRING)) {
        snprintf(text, sizeof text, "%.*s", (int)RSTRING_LEN(message), RSTRING_PTR(message));
    }
    tell(text);
}

/* Reads the whole report of the coordinator; `line` is then NUL-terminated. */
static void
read_report(VALUE io, char line[HD_REPORT_SIZE]) {
    int fd = NUM2INT(rb_funcall(io, rb_intern("fileno"), 0));
    size_t n = 0;
    ssize_t got;
    while (n < HD_REPORT_SIZE - 1 && (got = read(fd, line + n, HD_REPORT_SIZE - 1 - n)) != 0) {
        if (got > 0) n += (size_t)got;
        else if (errno != EINTR) break;
    }
    line[n] = '\0';
}

/* Writes to stderr what the coordinator reports; see process/report.h. */
static void
tell_outcome(const char *path, VALUE io) {
    char line[HD_REPORT_SIZE], text[512];
    struct hd_report report;
    read_report(io, line);
    if (!hd_report_read(line, &report)) {
        snprintf(text, sizeof text, "cannot dump the heap to %.300s: its process was killed", path);
    }
    else if (report.error || report.signal) {
        snprintf(text, sizeof text, "cannot dump the heap to %.200s: %s (while %s)", path,
                 report.signal ? strsignal(report.signal) : hd_reason(report.error), report.where);
    }
    else {
        snprintf(text, sizeof text, "wrote %.300s: %llu objects, %llu bytes in %.2f s", path,
                 (unsigned long long)report.objects, (unsigned long long)report.bytes,
                 report.seconds);
    }
    tell(text);
}

static VALUE
own_strings_body(VALUE arg) {
    const char *source;
    (void)arg;
    return hd_own_strings(&source);
}

/* If the program is in the way of the answer, contents are left out. */
static VALUE
own_strings(void) {
    int state = 0;
    VALUE strings = rb_protect(own_strings_body, Qnil, &state);
    if (!state) return strings;
    rb_set_errinfo(Qnil);
    return ID2SYM(rb_intern("none"));
}

static VALUE
dump(VALUE arg) {
    const struct job *job = (const struct job *)arg;
    const char *path = job->path && *job->path ? job->path : "dump.json";
    VALUE keywords = rb_hash_new();
    rb_hash_aset(keywords, ID2SYM(rb_intern("gc")), Qfalse);
    rb_hash_aset(keywords, ID2SYM(rb_intern("fork")), Qtrue);
    rb_hash_aset(keywords, ID2SYM(rb_intern("strings")), own_strings());
    VALUE started = start_function(Qnil, rb_str_new_cstr(path), Qnil, keywords);
    if (!NIL_P(rb_ary_entry(started, 0))) {
        tell(explain(HEAPDUMP_FAILED));
        return Qnil;
    }
    alarm(0); // from here on the coordinator watches the time
    tell_outcome(path, rb_ary_entry(started, 4));
    return Qnil;
}

EXPORTED int
heapdump_dump(const char *path) {
    hd_vectors_save();
    int status = start(&(struct job){.work = dump, .path = path});
    hd_vectors_restore();
    return status;
}

static void put_value(struct hd_sink *out, VALUE value);

static int
put_entry(VALUE key, VALUE value, VALUE arg) {
    struct hd_sink *out = (struct hd_sink *)arg;
    hd_put_quoted_name(out, RSTRING_PTR(key), (size_t)RSTRING_LEN(key));
    hd_put_char(out, ':');
    put_value(out, value);
    hd_put_char(out, ',');
    return ST_CONTINUE;
}

/* Puts a number, or a Hash of them. */
static void
put_value(struct hd_sink *out, VALUE value) {
    if (!RB_TYPE_P(value, T_HASH)) {
        hd_put_u64(out, NUM2ULL(value));
        return;
    }
    hd_put_char(out, '{');
    rb_hash_foreach(value, put_entry, (VALUE)out);
    hd_json_close(out, '}');
}

static VALUE
list_namespaces(const struct job *job) {
    VALUE names = rb_ary_new();
    const char *name = job->first;
    for (int n = 0; name && *name && n < MAX_NAMESPACES; n++) {
        rb_ary_push(names, rb_str_new_cstr(name));
        name = va_arg(*job->rest, const char *);
    }
    return names;
}

static VALUE
count(VALUE arg) {
    const struct job *job = (const struct job *)arg;
    struct hd_sink text;
    VALUE counts = count_function(Qnil, list_namespaces(job), Qfalse);
    if (hd_sink_open_memory(&text) != 0) {
        tell(NO_MEMORY);
        return Qnil;
    }
    put_value(&text, counts);
    if (job->out == STDERR_FILENO) hd_put_char(&text, '\n');
    if (text.error) tell(NO_MEMORY);
    const unsigned char *from = text.block;
    while (from < text.pos && !text.error) {
        ssize_t written = write(job->out, from, (size_t)(text.pos - from));
        if (written > 0) from += written;
        else if (errno != EINTR) break;
    }
    return Qnil;
}

EXPORTED int
heapdump_count_objects_print(const char *first, ...) {
    va_list rest;
    hd_vectors_save();
    va_start(rest, first);
    int status = start(
        &(struct job){.work = count, .first = first, .rest = &rest, .out = STDERR_FILENO});
    va_end(rest);
    hd_vectors_restore();
    return status;
}

/*
 * Reads everything up to the end, without malloc. Returns a NUL-terminated string that belongs to
 * the caller; NULL if nothing came, it is too long, or no memory is left.
 */
static char *
read_result(int fd) {
    int i = 0;
    while (i < RESULTS && !results[i]) i++;
    if (i == RESULTS) {
        tell("there is no memory left for results; use heapdump_count_objects_print");
        return NULL;
    }
    size_t size = 0;
    ssize_t got = 0;
    while (size < RESULT_SIZE && (got = read(fd, results[i] + size, RESULT_SIZE - size)) != 0) {
        if (got < 0 && errno != EINTR) break;
        if (got > 0) size += (size_t)got;
    }
    if (size == RESULT_SIZE) tell("the result is too long; use heapdump_count_objects_print");
    if (size == 0 || size == RESULT_SIZE) return NULL;
    char *text = results[i];
    text[size] = '\0';
    results[i] = NULL; // it belongs to the caller now
    return text;
}

static char *
count_to_memory(const char *first, va_list *rest) {
    int ends[2], error = errno;
    char *text = NULL;
    if (hd_pipe(ends) != 0) {
        tell("no pipe to be had; try again when files have been closed");
        errno = error;
        return NULL;
    }
    int status = start(&(struct job){.work = count, .first = first, .rest = rest, .out = ends[1]});
    close(ends[1]);
    if (status == HEAPDUMP_OK) text = read_result(ends[0]);
    close(ends[0]);
    errno = error;
    return text;
}

EXPORTED char *
heapdump_count_objects_return(const char *first, ...) {
    va_list rest;
    hd_vectors_save();
    va_start(rest, first);
    char *text = count_to_memory(first, &rest);
    va_end(rest);
    hd_vectors_restore();
    return text;
}
