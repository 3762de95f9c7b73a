/*
 * See pending.h.
 */
#include "pending.h"

#include <ruby/io.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/raised.h"
#include "process/report.h"

static VALUE
started(VALUE pending, int index) {
    VALUE description = rb_ivar_get(pending, rb_intern("@started"));
    return NIL_P(description) ? Qnil : RARRAY_AREF(description, index);
}

static bool
flag(VALUE pending, const char *name) {
    return RTEST(rb_ivar_get(pending, rb_intern(name)));
}

/* True if `told` ends as a report does. */
static bool
is_whole(VALUE told) {
    long length = RSTRING_LEN(told);
    return length > 0 && RSTRING_PTR(told)[length - 1] == '\n';
}

/* Appends what can be read at once to @told. Returns whether that is all. */
static bool
read_all(VALUE pending, int fd) {
    char bytes[HD_REPORT_SIZE];
    VALUE told = rb_ivar_get(pending, rb_intern("@told"));
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return true;
    ssize_t n;
    do {
        n = read(fd, bytes, sizeof bytes);
        if (n > 0) rb_str_cat(told, bytes, n);
    } while (n > 0 || (n < 0 && errno == EINTR));
    bool more = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return is_whole(told) || !more;
}

static VALUE
descriptor(VALUE io) {
    return INT2NUM(rb_io_descriptor(io));
}

/* True if all of the report has been read, or somebody has closed it. */
static bool
has_reported(VALUE pending) {
    if (flag(pending, "@reported")) return true;
    VALUE before = rb_errinfo(); // this is also called while an exception is on its way
    int state = 0;
    VALUE fd = rb_protect(descriptor, started(pending, HD_STARTED_REPORT), &state);
    if (!state) return read_all(pending, NUM2INT(fd));
    rb_set_errinfo(hd_is_exception(before) ? before : Qnil);
    return true;
}

VALUE
rb_heapdump_read_report(VALUE self, VALUE pending) {
    (void)self;
    if (!has_reported(pending)) return Qfalse;
    rb_ivar_set(pending, rb_intern("@reported"), Qtrue);
    return Qtrue;
}

VALUE
rb_heapdump_stop(VALUE self, VALUE pending) {
    (void)self;
    VALUE pid = started(pending, HD_STARTED_PID);
    VALUE partial = started(pending, HD_STARTED_PARTIAL);
    pid_t process = NUM2PIDT(rb_ivar_get(pending, rb_intern("@process")));
    if (NIL_P(pid) || process != getpid() || flag(pending, "@stopped")) return Qnil;
    if (!has_reported(pending)) kill(NUM2PIDT(pid), SIGKILL); // its workers die with it
    if (is_whole(rb_ivar_get(pending, rb_intern("@told")))) return Qnil;
    // if there is none: the coordinator has removed it, or something of somebody else is there
    if (!NIL_P(partial)) unlink(RSTRING_PTR(partial));
    rb_ivar_set(pending, rb_intern("@stopped"), Qtrue);
    return Qnil;
}

struct attempt {
    VALUE self, pending, answer;
    bool completed;
};

static VALUE
attempt_body(VALUE arg) {
    struct attempt *attempt = (struct attempt *)arg;
    attempt->answer = rb_yield(attempt->pending);
    attempt->completed = true;
    return Qnil;
}

static VALUE
attempt_ensure(VALUE arg) {
    const struct attempt *attempt = (const struct attempt *)arg;
    if (attempt->completed) return Qnil;
    rb_heapdump_stop(attempt->self, attempt->pending);
    rb_funcall(attempt->pending, rb_intern("give_up"), 0);
    return Qnil;
}

VALUE
rb_heapdump_attempt(VALUE self, VALUE pending) {
    struct attempt attempt = {.self = self, .pending = pending, .answer = Qnil};
    rb_ensure(attempt_body, (VALUE)&attempt, attempt_ensure, (VALUE)&attempt);
    return attempt.answer;
}
