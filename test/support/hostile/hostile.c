/* Objects whose mark or size function misbehaves once it is told to:
 *
 * Hostile.new(objects)                 an object that marks these
 * Hostile.arm(deed, where, object)     from now on, that deed when this object (nil: any) is
 *                                      marked or measured (where: "mark" or "size")
 * Hostile.arm_after(deed, count)       the deed at that call of all such functions in all processes
 *                                      forked from here, where neither counts what the other does
 * Hostile.left                         how far that count has gone down
 * Hostile.arm_calls(number, count)     the same at calls of the C library: see ../deaths/deaths.c
 * Hostile.calls_left
 * Hostile.disarm
 * Hostile.deeds                        => names
 * Hostile.hold_lock                    another native thread takes a lock for ever
 * Hostile.landing { }                  where the deed "jump_below" ends up, after a second or two
 * Hostile.elsewhere = fiber            what "resume_fiber" resumes and "call_continuation" calls
 *
 * In the process that armed it, arm_after does nothing: only its copies count. */
#include <ruby.h>
#include <ruby/thread.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct hostile {
    long size;
    VALUE *objects;
    long marked; /* how often */
};

enum { LINGERS = 8 }; /* seconds; test_hostile.rb has it too */

enum where { NOWHERE, IN_MARK, IN_SIZE, IN_FREE, ANYWHERE };

struct deed {
    const char *name;
    void (*act)(struct hostile *);
};

static const struct deed *deed;
static enum where where;
static const struct hostile *only;
static pid_t spared;            /* 0: nobody */
static _Atomic long *countdown; /* in memory that all copies share */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
raise_standard(struct hostile *self) {
    rb_raise(rb_eRuntimeError, "raised by hostile code");
}

static void
raise_no_memory(struct hostile *self) {
    rb_memerror();
}

static void
raise_interrupt(struct hostile *self) {
    rb_raise(rb_eInterrupt, "hostile");
}

static void
raise_exit(struct hostile *self) {
    rb_exit(0);
}

static void
throw_tag(struct hostile *self) {
    rb_throw("hostile", Qnil);
}

static void
thread_exit(struct hostile *self) {
    rb_thread_kill(rb_thread_current());
}

static void
fatal(struct hostile *self) {
    rb_fatal("hostile");
}

static void
exit_0(struct hostile *self) {
    exit(0);
}

static void
exit_1(struct hostile *self) {
    exit(1);
}

static void
quick_exit_0(struct hostile *self) {
    quick_exit(0);
}

static void
leave_0(struct hostile *self) {
    _exit(0);
}

static void
leave_1(struct hostile *self) {
    _exit(1);
}

static void
end_native_thread(struct hostile *self) {
    pthread_exit(NULL);
}

static void
call_abort(struct hostile *self) {
    abort();
}

static void
call_bug(struct hostile *self) {
    rb_bug("hostile");
}

static void
segv(struct hostile *self) {
    *(volatile int *)8 = 1;
}

static void
segv_by_default(struct hostile *self) {
    signal(SIGSEGV, SIG_DFL);
    *(volatile int *)8 = 1;
}

static void
raise_fpe(struct hostile *self) {
    raise(SIGFPE);
}

static void
raise_bus(struct hostile *self) {
    raise(SIGBUS);
}

static void
ill(struct hostile *self) {
    __builtin_trap();
}

__attribute__((noinline)) static int
recurse(volatile char *above) {
    volatile char room[4096];
    room[0] = *above;
    return recurse(room) + room[0];
}

static void
overflow(struct hostile *self) {
    recurse("");
}

static void
busy(struct hostile *self) {
    for (volatile int forever = 1; forever;) continue;
}

/* For a second and a half. */
static void
tarry(struct hostile *self) {
    struct timespec now, start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 1500);
}

static void
busy_and_deaf(struct hostile *self) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    busy(self);
}

static void
wait_for_lock(struct hostile *self) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
}

static void
run_ruby(struct hostile *self) {
    rb_eval_string("[3, 1, 2].sort.map { |i| i.to_s * 3 }.join");
}

static void
allocate(struct hostile *self) {
    for (int i = 0; i < 100; i++)
        rb_ary_push(rb_ary_new(), rb_str_new_cstr("allocated by hostile"));
}

/* Where Hostile.landing is, further down the stack than any dump; and what it has seen. */
static jmp_buf landing;
static VALUE elsewhere = Qnil; /* a fiber or continuation of the application */

/* Both processes return from the function. */
static void
fork_off(struct hostile *self) {
    pid_t pid = fork();
    if (pid > 0) waitpid(pid, NULL, 0);
}

/* A hundred processes that end at once, of which nobody takes the status. */
static void
fork_many(struct hostile *self) {
    for (int i = 0; i < 100; i++) {
        pid_t pid = fork();
        if (pid == 0) _exit(0);
        if (pid < 0) return;
    }
}

/* A process that stays for a while with all that its parent has open. */
static void
leave_behind(struct hostile *self) {
    if (fork() != 0) return;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sleep(LINGERS);
    _exit(0);
}

static pid_t
parent_of(pid_t pid) {
    char path[64];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "r");
    if (!stat) return 0;
    if (fscanf(stat, "%*d (%*[^)]) %*c %d", &parent) != 1) parent = 0;
    fclose(stat);
    return parent;
}

/* The parent of a worker is the leader, and that one's parent bears our name, too. */
static bool
is_worker(void) {
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)parent_of(getppid()));
    FILE *comm = fopen(path, "r");
    if (!comm) return false;
    bool read = fgets(name, sizeof name, comm) != NULL;
    fclose(comm);
    return read && strcmp(name, "heapdump\n") == 0;
}

/* After a fork in the leader: it waits, so that its workers come to the hostile objects first. */
static void
let_workers_go_ahead(void) {
    char name[32] = "";
    int fd = open("/proc/self/comm", O_RDONLY);
    if (fd < 0) return;
    bool ours = read(fd, name, sizeof name - 1) > 0 && strcmp(name, "heapdump\n") == 0;
    close(fd);
    if (ours && deed && strncmp(deed->name, "leave_behind_and_", 17) == 0) usleep(300000);
}

/* So that the end of a worker closes none of its pipes. */
static void
leave_behind_and_end(struct hostile *self) {
    if (!is_worker()) return;
    leave_behind(self);
    _exit(0);
}

static void
leave_behind_and_die(struct hostile *self) {
    if (!is_worker()) return;
    leave_behind(self);
    kill(getpid(), SIGKILL);
}

/* A worker ends as if nothing were wrong; for the leader each object takes a while. */
static void
end_early(struct hostile *self) {
    if (is_worker()) _exit(0);
    struct timespec rest = {.tv_nsec = 100000000};
    while (nanosleep(&rest, &rest) != 0) continue; // the guard's clock interrupts it
}

/* Other files get the numbers of all descriptors. */
static void
replace_descriptors(struct hostile *self) {
    int other = open("/dev/null", O_RDWR);
    for (int fd = 3; fd < 64; fd++) {
        if (fd != other && fcntl(fd, F_GETFD) >= 0) dup2(other, fd);
    }
}

/* A thousand numbers, also those that nothing had. */
static void
replace_many_descriptors(struct hostile *self) {
    int other = open("/dev/null", O_RDWR);
    for (int fd = 3; fd < 1003; fd++) {
        if (fd != other) dup2(other, fd);
    }
}

static void
jump_below(struct hostile *self) {
    longjmp(landing, 1);
}

static void
go_elsewhere(struct hostile *self) {
    rb_funcall(elsewhere,
               rb_intern(rb_respond_to(elsewhere, rb_intern("resume")) ? "resume" : "call"), 0);
}

static void *
nothing(void *unused) {
    usleep(1000);
    return NULL;
}

static void
release_gvl(struct hostile *self) {
    rb_thread_call_without_gvl(nothing, NULL, RUBY_UBF_IO, NULL);
}

static void
kill_hard(struct hostile *self) {
    kill(getpid(), SIGKILL);
}

static void
terminate(struct hostile *self) {
    kill(getpid(), SIGTERM);
}

static void
stop(struct hostile *self) {
    kill(getpid(), SIGSTOP);
}

static bool
marking(void) {
    return where == IN_MARK;
}

/* The lies: what they mark is another thing each time. They mean nothing to a size function. */
static void
other_references(struct hostile *self) {
    if (marking()) rb_gc_mark(self->objects[++self->marked % self->size]);
}

static void
more_references(struct hostile *self) {
    self->marked++;
    for (long i = 0; marking() && i < self->marked * 50000; i++) {
        rb_gc_mark(self->objects[i % self->size]);
    }
}

static void
fewer_references(struct hostile *self) {
    long count = self->marked++ == 0 ? 50000 : 0;
    for (long i = 0; marking() && i < count; i++) rb_gc_mark(self->objects[i % self->size]);
}

static void
no_object(struct hostile *self) {
    if (marking()) rb_gc_mark((VALUE)0x10);
}

static void
no_object_at_the_end(struct hostile *self) {
    if (marking()) rb_gc_mark((VALUE)0x7ffffffffff8);
}

static const struct deed deeds[] = {
    {"raise_standard", raise_standard},
    {"raise_no_memory", raise_no_memory},
    {"raise_interrupt", raise_interrupt},
    {"raise_exit", raise_exit},
    {"throw", throw_tag},
    {"thread_exit", thread_exit},
    {"fatal", fatal},
    {"exit_0", exit_0},
    {"exit_1", exit_1},
    {"quick_exit_0", quick_exit_0},
    {"leave_0", leave_0},
    {"leave_1", leave_1},
    {"end_native_thread", end_native_thread},
    {"abort", call_abort},
    {"bug", call_bug},
    {"segv", segv},
    {"segv_by_default", segv_by_default},
    {"fpe", raise_fpe},
    {"bus", raise_bus},
    {"ill", ill},
    {"overflow", overflow},
    {"busy", busy},
    {"tarry", tarry},
    {"busy_and_deaf", busy_and_deaf},
    {"wait_for_lock", wait_for_lock},
    {"run_ruby", run_ruby},
    {"fork", fork_off},
    {"fork_many", fork_many},
    {"leave_behind", leave_behind},
    {"leave_behind_and_end", leave_behind_and_end},
    {"leave_behind_and_die", leave_behind_and_die},
    {"end_early", end_early},
    {"replace_descriptors", replace_descriptors},
    {"replace_many_descriptors", replace_many_descriptors},
    {"jump_below", jump_below},
    {"resume_fiber", go_elsewhere},
    {"call_continuation", go_elsewhere},
    {"allocate", allocate},
    {"release_gvl", release_gvl},
    {"other_references", other_references},
    {"more_references", more_references},
    {"fewer_references", fewer_references},
    {"no_object", no_object},
    {"no_object_at_the_end", no_object_at_the_end},
    {"kill", kill_hard},
    {"terminate", terminate},
    {"stop", stop},
};

enum { DEEDS = sizeof deeds / sizeof *deeds };

static void
misbehave(struct hostile *self, enum where here) {
    if (where != here && (where != ANYWHERE || here == IN_FREE)) return;
    if (only && only != self) return;
    if (spared == getpid()) return;
    if (where == ANYWHERE && atomic_fetch_sub(countdown, 1) != 1) return;
    deed->act(self);
}

static void
hostile_mark(void *data) {
    struct hostile *self = data;
    for (long i = 0; i < self->size; i++) rb_gc_mark(self->objects[i]);
    misbehave(self, IN_MARK);
}

static size_t
hostile_size(const void *data) {
    misbehave((struct hostile *)data, IN_SIZE);
    return sizeof(struct hostile);
}

static void
hostile_free(void *data) {
    struct hostile *self = data;
    misbehave(self, IN_FREE);
    xfree(self->objects);
    xfree(self);
}

static const rb_data_type_t hostile_type = {
    .wrap_struct_name = "hostile",
    .function = {.dmark = hostile_mark, .dfree = hostile_free, .dsize = hostile_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static VALUE
hostile_allocate(VALUE klass) {
    struct hostile *self;
    return TypedData_Make_Struct(klass, struct hostile, &hostile_type, self);
}

static VALUE
hostile_initialize(VALUE object, VALUE objects) {
    struct hostile *self = rb_check_typeddata(object, &hostile_type);
    long size = RARRAY_LEN(objects);
    self->objects = xcalloc((size_t)size, sizeof(VALUE));
    for (; self->size < size; self->size++) {
        self->objects[self->size] = RARRAY_AREF(objects, self->size);
    }
    return object;
}

static const struct deed *
deed_of(VALUE name) {
    for (int i = 0; i < DEEDS; i++) {
        if (strcmp(deeds[i].name, StringValueCStr(name)) == 0) return &deeds[i];
    }
    rb_raise(rb_eArgError, "no such deed");
}

static enum where
place_of(VALUE name) {
    const char *text = StringValueCStr(name);
    if (strcmp(text, "mark") == 0) return IN_MARK;
    if (strcmp(text, "size") == 0) return IN_SIZE;
    if (strcmp(text, "free") == 0) return IN_FREE;
    rb_raise(rb_eArgError, "no such place");
}

/* Objects are freed in this process at any time, so "free" means: in another one. */
static VALUE
hostile_arm(VALUE class, VALUE name, VALUE place, VALUE object) {
    const struct deed *found = deed_of(name);
    enum where there = place_of(place);
    only = NIL_P(object) ? NULL : rb_check_typeddata(object, &hostile_type);
    spared = there == IN_FREE ? getpid() : 0;
    deed = found;
    where = there;
    return Qnil;
}

static VALUE
hostile_arm_after(VALUE class, VALUE name, VALUE count) {
    const struct deed *found = deed_of(name);
    if (!countdown) {
        countdown = mmap(NULL, sizeof *countdown, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (countdown == MAP_FAILED) rb_sys_fail("mmap");
    }
    atomic_store(countdown, NUM2LONG(count));
    only = NULL;
    spared = getpid();
    deed = found;
    where = ANYWHERE;
    return Qnil;
}

static VALUE
hostile_left(VALUE class) {
    return LONG2NUM(atomic_load(countdown));
}

static void *
preloaded(const char *name) {
    void *found = dlsym(RTLD_DEFAULT, name);
    if (!found) rb_raise(rb_eRuntimeError, "%s is not preloaded", name);
    return found;
}

static VALUE
hostile_arm_calls(VALUE class, VALUE number, VALUE count) {
    void (*arm)(int, long) = preloaded("deaths_arm");
    arm(NUM2INT(number), NUM2LONG(count));
    return Qnil;
}

static VALUE
hostile_calls_left(VALUE class) {
    long (*left)(void) = preloaded("deaths_left");
    return LONG2NUM(left());
}

static VALUE
hostile_disarm(VALUE class) {
    where = NOWHERE;
    return Qnil;
}

static VALUE
hostile_deeds(VALUE class) {
    VALUE names = rb_ary_new();
    for (int i = 0; i < DEEDS; i++) rb_ary_push(names, rb_str_new_cstr(deeds[i].name));
    return names;
}

static void *
hold(void *unused) {
    pthread_mutex_lock(&lock);
    *(_Atomic int *)unused = 1;
    for (;;) pause();
}

static VALUE
hostile_hold_lock(VALUE class) {
    static _Atomic int held;
    pthread_t thread;
    if (pthread_create(&thread, NULL, hold, &held) != 0) rb_sys_fail("pthread_create");
    while (!atomic_load(&held)) usleep(1000);
    return Qnil;
}

static VALUE
hostile_landing(VALUE class) {
    if (setjmp(landing) == 0) return rb_yield(Qnil);
    for (time_t end = time(NULL) + 2; time(NULL) < end;) continue;
    return ID2SYM(rb_intern("landed"));
}

static VALUE
hostile_set_elsewhere(VALUE class, VALUE object) {
    return elsewhere = object;
}

void
Init_hostile(void) {
    VALUE class = rb_define_class("Hostile", rb_cObject);

    rb_gc_register_address(&elsewhere);
    pthread_atfork(NULL, let_workers_go_ahead, NULL);

    rb_define_alloc_func(class, hostile_allocate);
    rb_define_method(class, "initialize", hostile_initialize, 1);
    rb_define_singleton_method(class, "arm", hostile_arm, 3);
    rb_define_singleton_method(class, "arm_after", hostile_arm_after, 2);
    rb_define_singleton_method(class, "left", hostile_left, 0);
    rb_define_singleton_method(class, "arm_calls", hostile_arm_calls, 2);
    rb_define_singleton_method(class, "calls_left", hostile_calls_left, 0);
    rb_define_singleton_method(class, "disarm", hostile_disarm, 0);
    rb_define_singleton_method(class, "deeds", hostile_deeds, 0);
    rb_define_singleton_method(class, "hold_lock", hostile_hold_lock, 0);
    rb_define_singleton_method(class, "landing", hostile_landing, 0);
    rb_define_singleton_method(class, "elsewhere=", hostile_set_elsewhere, 1);
}
