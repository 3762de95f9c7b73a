/*
 * Functions for a debugger; see gdb.h. They stand beside the flow: what they start is the same dump
 * and the same count as Ruby's, but in a copy of the process.
 *
 *   the process  is asked nothing but whether it can be copied now, and copied
 *   watcher      the copy; waits for the next one and tells of its death
 *   worker       runs Ruby: collects, and dumps by children of its own (fork.c) or counts
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

#include "child.h"
#include "context.h"
#include "detach.h"
#include "json.h"
#include "notice.h"

/* Exported by every Ruby, but not in its headers before 3.4. */
int ruby_thread_has_gvl_p(void);

#define EXPORTED __attribute__((visibility("default")))

enum { MAX_NAMESPACES = 256, PREPARATION_SECONDS = 60 };

// NULL until the extension is initialized
static VALUE (*start_function)(VALUE self, VALUE path, VALUE fd, VALUE keywords);
static VALUE (*count_function)(VALUE self, VALUE namespaces, VALUE gc);

void
hd_gdb_init(VALUE (*start)(VALUE, VALUE, VALUE, VALUE), VALUE (*count)(VALUE, VALUE, VALUE)) {
    start_function = start;
    count_function = count;
}

static const char *
explain(int status) {
    switch (status) {
    case HEAPDUMP_NOT_READY:
        return "this process has not loaded heapdump; require it there, or use `heapdump take`";
    case HEAPDUMP_IN_GC:
        return "the GC is running; let the process go on and try again";
    case HEAPDUMP_NO_LOCK:
        return "this thread does not hold the VM's lock; choose another, or try again";
    case HEAPDUMP_BUSY:
        return "this thread is inside of malloc or fork; let the process go on and try again";
    default:
        return "no process could be forked";
    }
}

static void
tell(const char *text) {
    char line[512];
    int n = snprintf(line, sizeof line, "heapdump: %s\n", text);
    if (n > 0) hd_notice(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* A status, HEAPDUMP_OK if the process may be copied here and now. */
static int
look_around(void) {
    if (!start_function) return HEAPDUMP_NOT_READY;
    if (!ruby_native_thread_p()) return HEAPDUMP_NO_LOCK;
    // true of a thread that is asleep within Ruby, too: its state is settled
    if (!ruby_thread_has_gvl_p()) return HEAPDUMP_NO_LOCK;
    return rb_during_gc() ? HEAPDUMP_IN_GC : HEAPDUMP_OK;
}

/* Closes what belongs to the application; whatever is collected or crashes here cannot reach it. */
static void
let_go(int kept) {
    int from = kept > STDERR_FILENO ? kept : STDERR_FILENO;
    hd_child_close(STDERR_FILENO + 1, from - 1);
    hd_child_close(from + 1, INT_MAX);
}

struct job {
    void (*work)(const struct job *job);
    pid_t process; /* the application */
    const char *path;
    const char *namespaces[MAX_NAMESPACES];
    int out; /* where the counts go */
};

/* The worker. The GC ends what it has begun, while nothing is open that a finalizer could close. */
static void
work(const struct job *job) {
    hd_child_reset_signals();
    hd_child_unblock_signals();
    let_go(job->out);
    alarm(PREPARATION_SECONDS);
    hd_context_stand_for(job->process);
    rb_gc_disable();
    job->work(job);
    _exit(0);
}

static void
watch(const struct job *job) {
    char text[128];
    int status = 0;
    pid_t worker = fork();
    if (worker == 0) work(job);
    let_go(STDERR_FILENO);
    while (worker > 0 && waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (worker < 0 || signal) {
        snprintf(text, sizeof text, "failed: %s %d; try again at another moment",
                 worker < 0 ? "no process, error" : "its process died of signal",
                 worker < 0 ? errno : signal);
        tell(text);
    }
    _exit(0);
}

/* Copies the process for a job. Returns a status, and tells what is wrong. */
static int
start(struct job *job) {
    int status = look_around();
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
    return status;
}

static VALUE
start_dump(VALUE path) {
    VALUE keywords = rb_hash_new();
    rb_hash_aset(keywords, ID2SYM(rb_intern("gc")), Qfalse);
    rb_hash_aset(keywords, ID2SYM(rb_intern("fork")), Qtrue);
    return start_function(Qnil, path, Qnil, keywords);
}

static VALUE
message_of(VALUE error) {
    return rb_funcall(error, rb_intern("message"), 0);
}

/* Tells what was raised. */
static void
tell_error(void) {
    int state = 0;
    VALUE error = rb_errinfo();
    rb_set_errinfo(Qnil);
    VALUE message = rb_protect(message_of, error, &state);
    tell(!state && RB_TYPE_P(message, T_STRING) ? StringValueCStr(message) : "failed");
}

/* Passes on what the coordinator reports; see fork.h. */
static void
tell_outcome(const char *path, int report_fd) {
    char line[256], text[512], where[200] = "";
    size_t n = 0;
    ssize_t got;
    unsigned long long objects, bytes;
    double seconds;
    int error, signal;
    while (n < sizeof line - 1 && (got = read(report_fd, line + n, sizeof line - 1 - n)) != 0) {
        if (got > 0) n += (size_t)got;
        else if (errno != EINTR) break;
    }
    line[n] = '\0';
    if (sscanf(line, "done %llu %llu %lf", &objects, &bytes, &seconds) == 3) {
        snprintf(text, sizeof text, "wrote %.300s: %llu objects, %llu bytes in %.2f s", path,
                 objects, bytes, seconds);
    }
    else if (sscanf(line, "failed %d %d %*u %199[^\n]", &error, &signal, where) >= 2) {
        snprintf(text, sizeof text, "cannot dump the heap to %.200s: %s (while %s)", path,
                 signal ? strsignal(signal) : strerror(error), where);
    }
    else {
        snprintf(text, sizeof text, "cannot dump the heap to %.300s: its process was killed", path);
    }
    tell(text);
}

static void
dump(const struct job *job) {
    int state = 0;
    VALUE started = rb_protect(start_dump, rb_str_new_cstr(job->path), &state);
    if (state) {
        tell_error();
        return;
    }
    if (!RB_TYPE_P(started, T_ARRAY)) {
        tell(explain(HEAPDUMP_FAILED));
        return;
    }
    alarm(0); // from here on the coordinator looks at the clock
    tell_outcome(job->path, NUM2INT(RARRAY_AREF(RARRAY_AREF(started, 2), 1)));
}

EXPORTED int
heapdump_dump(const char *path) {
    struct job job = {.work = dump, .path = path && *path ? path : "dump.json"};
    return start(&job);
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

/* A number, or a Hash of them. */
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
count_objects(VALUE arg) {
    const struct job *job = (const struct job *)arg;
    VALUE names = rb_ary_new();
    for (int i = 0; job->namespaces[i]; i++)
        rb_ary_push(names, rb_str_new_cstr(job->namespaces[i]));
    return count_function(Qnil, names, Qfalse);
}

static void
count(const struct job *job) {
    struct hd_sink text;
    int state = 0;
    VALUE counts = rb_protect(count_objects, (VALUE)job, &state);
    if (state) {
        tell_error();
        return;
    }
    if (hd_sink_open_memory(&text) != 0) return;
    put_value(&text, counts);
    if (job->out == STDERR_FILENO) hd_put_char(&text, '\n');
    const unsigned char *from = text.block;
    while (from < text.pos && !text.error) {
        ssize_t written = write(job->out, from, (size_t)(text.pos - from));
        if (written > 0) from += written;
        else if (errno != EINTR) break;
    }
}

static void
list_namespaces(struct job *job, const char *first, va_list rest) {
    int n = 0;
    for (const char *name = first; name && *name && n < MAX_NAMESPACES - 1;
         name = va_arg(rest, const char *)) {
        job->namespaces[n++] = name;
    }
    job->namespaces[n] = NULL;
}

EXPORTED int
heapdump_count_objects_print(const char *first, ...) {
    struct job job = {.work = count, .out = STDERR_FILENO};
    va_list rest;
    va_start(rest, first);
    list_namespaces(&job, first, rest);
    va_end(rest);
    return start(&job);
}

/* Everything up to the end, NUL-terminated; NULL without memory, or if there is nothing. */
static char *
read_all(int fd) {
    size_t size = 0, capacity = 4096;
    char *text = malloc(capacity);
    ssize_t got = 0;
    while (text && ((got = read(fd, text + size, capacity - size - 1)) != 0)) {
        if (got < 0 && errno != EINTR) break;
        if (got > 0) size += (size_t)got;
        if (capacity - size > 1) continue;
        char *larger = realloc(text, capacity *= 2);
        if (!larger) free(text);
        text = larger;
    }
    if (text) text[size] = '\0';
    if (text && size == 0) {
        free(text);
        text = NULL;
    }
    return text;
}

EXPORTED char *
heapdump_count_objects_return(const char *first, ...) {
    int ends[2];
    char *text = NULL;
    va_list rest;
    if (hd_pipe(ends) != 0) {
        tell(explain(HEAPDUMP_FAILED));
        return NULL;
    }
    struct job job = {.work = count, .out = ends[1]};
    va_start(rest, first);
    list_namespaces(&job, first, rest);
    va_end(rest);
    int status = start(&job);
    close(ends[1]);
    if (status == HEAPDUMP_OK) text = read_all(ends[0]);
    close(ends[0]);
    return text;
}
