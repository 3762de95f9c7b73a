/*
 * Place in the flow: after the options, before the walk. hd_context_prepare is the last function
 * that runs Ruby code. What hd_context_collect calls is written in C and pushes no frame, because
 * MRI handles interrupts whenever it pops a frame. See context.h.
 */
#include "request/context.h"

#include <errno.h>
#include <ruby/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "out/json.h"
#include "mri/mri.h"
#include "base/raised.h"

/*
 * Calls fn(argument), a function that raises nothing itself. What is raised meanwhile comes from a
 * signal handler of the application and belongs to it. Then `raised` is set, and later calls of
 * this function do nothing.
 */
static void
ask(struct hd_context *context, VALUE (*fn)(VALUE), const void *argument) {
    int state = 0;
    if (context->raised) return;
    rb_protect(fn, (VALUE)argument, &state);
    context->raised = state;
}

/*
 * The same for a function that calls code of the application. A StandardError is taken for its own:
 * it is dropped, and the result is missing.
 */
static void
ask_application(struct hd_context *context, VALUE (*fn)(VALUE), const void *argument) {
    if (context->raised) return;
    ask(context, fn, argument);
    if (!context->raised || !hd_is_raised(rb_errinfo(), rb_eStandardError)) return;
    rb_set_errinfo(Qnil);
    context->raised = 0;
}

static void
put_text_field(struct hd_sink *out, const char *literal_key, const char *text, size_t n) {
    hd_put_bytes(out, literal_key, strlen(literal_key));
    hd_put_quoted_name(out, text, n);
}

static void
put_c_field(struct hd_sink *out, const char *literal_key, const char *text) {
    put_text_field(out, literal_key, text, strlen(text));
}

static VALUE
put_description(VALUE arg) {
    VALUE description = rb_const_get(rb_cObject, rb_intern("RUBY_DESCRIPTION")); // with its JIT
    StringValue(description);
    put_text_field((struct hd_sink *)arg, ",\"ruby_description\":", RSTRING_PTR(description),
                   (size_t)RSTRING_LEN(description));
    return Qnil;
}

static VALUE
put_program(VALUE arg) {
    VALUE program = rb_gv_get("$0");
    if (RB_TYPE_P(program, T_STRING)) {
        put_text_field((struct hd_sink *)arg, ",\"program\":", RSTRING_PTR(program),
                       (size_t)RSTRING_LEN(program));
    }
    return Qnil;
}

static void
put_time(struct hd_sink *out) {
    struct timespec now;
    struct tm utc;
    char day[32], text[48];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, sizeof text, "%s.%03dZ", day, (int)(now.tv_nsec / 1000000));
    put_c_field(out, ",\"time\":", text);
}

static void
put_strings_policy(struct hd_sink *out, const struct hd_options *options) {
    static const char *const names[] = {"full", "none", "hash"};
    if (options->strings == HD_STRINGS_PREFIX) {
        hd_put_number(out, HD_FIELD("strings"), options->strings_prefix);
    }
    else {
        put_c_field(out, ",\"strings\":", names[options->strings]);
    }
}

static int
gc_stat_i(VALUE key, VALUE value, VALUE arg) {
    struct hd_sink *out = (struct hd_sink *)arg;
    if (!RB_SYMBOL_P(key) || !RB_INTEGER_TYPE_P(value)) return ST_CONTINUE;
    VALUE name = rb_sym2str(key);
    hd_put_quoted_name(out, RSTRING_PTR(name), (size_t)RSTRING_LEN(name));
    hd_put_char(out, ':');
    hd_put_u64(out, NUM2ULL(value));
    hd_put_char(out, ',');
    return ST_CONTINUE;
}

static VALUE
put_gc_stat(VALUE arg) {
    VALUE stat = rb_hash_new();
    rb_gc_stat(stat);
    HD_PUT((struct hd_sink *)arg, ",\"gc\":{");
    rb_hash_foreach(stat, gc_stat_i, arg);
    hd_json_close((struct hd_sink *)arg, '}');
    return Qnil;
}

static void
put_capabilities(struct hd_sink *out) {
    HD_PUT(out, ",\"capabilities\":[");
    for (int i = 0; i < HD_CAPABILITIES; i++) {
        if (!hd_can((enum hd_capability)i)) continue;
        const char *name = hd_capability_name((enum hd_capability)i);
        hd_put_quoted_name(out, name, strlen(name));
        hd_put_char(out, ',');
    }
    hd_json_close(out, ']');
}

/*
 * The clock ticks from the boot of the machine to the start of a process. With the process id it
 * tells a process from a later one. Nothing where /proc does not say it.
 */
static void
put_start(struct hd_sink *out, pid_t process) {
    enum { FIELD = 22, SIZE = 1024 }; // of proc(5): `starttime` is the 22nd field
    char path[64] = "/proc/self/stat", line[SIZE];
    if (process != getpid()) snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
    FILE *file = fopen(path, "re");
    if (!file) return;
    const char *at = fgets(line, sizeof line, file);
    fclose(file);
    // The 2nd field is the name of the program in parentheses, which may itself have spaces in it.
    if (at) at = strrchr(line, ')');
    for (int field = 2; at && field < FIELD; field++) at = strchr(at + 1, ' ');
    if (at) hd_put_number(out, HD_FIELD("start"), strtoull(at, NULL, 10));
}

static pid_t dumped_process;

void
hd_context_stand_for(pid_t process) {
    dumped_process = process;
}

static void
put_header(struct hd_context *context, const struct hd_options *options) {
    struct hd_sink *out = &context->header;
    char host[256] = "";
    HD_PUT(out, "{\"type\":\"HEADER\",\"format\":1");
    put_c_field(out, ",\"heapdump\":", HEAPDUMP_VERSION);
    put_c_field(out, ",\"ruby\":", ruby_version);
    ask(context, put_description, out);
    put_c_field(out, ",\"platform\":", ruby_platform);
    hd_put_number(out, HD_FIELD("pid"), (uint64_t)context->account.process);
    put_start(out, context->account.process);
    ask(context, put_program, out);
    if (gethostname(host, sizeof host - 1) == 0) put_c_field(out, ",\"host\":", host);
    put_time(out);
    if (options->gc) HD_PUT(out, ",\"gc_ran\":true");
    else HD_PUT(out, ",\"gc_ran\":false");
    put_strings_policy(out, options);
    ask(context, put_gc_stat, out);
    put_capabilities(out);
    if (context->ractors > 1) hd_put_number(out, HD_FIELD("ractors"), (uint64_t)context->ractors);
}

static VALUE thread_status, thread_name;        // UnboundMethods of Thread itself
static VALUE list_of_threads, count_of_ractors; // Methods of Thread and Ractor themselves

void
hd_context_init(void) {
    ID instance_method = rb_intern("instance_method"), ractor = rb_intern("Ractor");
    VALUE *const kept[] = {&thread_status, &thread_name, &list_of_threads, &count_of_ractors};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        *kept[i] = Qnil;
        rb_gc_register_address(kept[i]); // first: each allocation may run the GC
    }
    thread_status = rb_funcall(rb_cThread, instance_method, 1, ID2SYM(rb_intern("status")));
    thread_name = rb_funcall(rb_cThread, instance_method, 1, ID2SYM(rb_intern("name")));
    list_of_threads = rb_obj_method(rb_cThread, ID2SYM(rb_intern("list")));
    if (rb_const_defined(rb_cObject, ractor)) {
        count_of_ractors = rb_obj_method(rb_const_get(rb_cObject, ractor),
                                         ID2SYM(rb_intern("count")));
    }
}

/* Calls a method of Thread itself, even if a subclass has overridden it. */
static VALUE
ask_thread(VALUE thread, VALUE unbound) {
    return rb_funcall(unbound, rb_intern("bind_call"), 1, thread);
}

static void
list_threads(struct hd_context *context) {
    VALUE list = rb_method_call(0, NULL, list_of_threads);
    size_t size = (size_t)RARRAY_LEN(list);
    context->threads = calloc(size ? size : 1, sizeof *context->threads);
    if (!context->threads) return;
    context->thread_list = list;
    for (size_t i = 0; i < size; i++) {
        VALUE thread = RARRAY_AREF(list, (long)i);
        struct hd_thread_info *info = &context->threads[context->threads_size++];
        VALUE status = ask_thread(thread, thread_status);
        const char *text = RB_TYPE_P(status, T_STRING) ? RSTRING_PTR(status) : "dead";
        snprintf(info->status, sizeof info->status, "%s", text);
        VALUE name = ask_thread(thread, thread_name);
        if (!RB_TYPE_P(name, T_STRING)) continue;
        info->name_size = (size_t)RSTRING_LEN(name);
        info->name = malloc(info->name_size + 1);
        if (info->name) memcpy(info->name, RSTRING_PTR(name), info->name_size);
    }
}

/*
 * True for global variables that are left out: those of the current frame, the current thread or
 * the last match, and $FILENAME, which opens the next file of ARGV when it is read.
 */
static bool
is_special_global(const char *name) {
    if (strcmp(name, "$FILENAME") == 0) return true;
    if (name[0] == '$' && name[1] >= '0' && name[1] <= '9') return true;
    return strlen(name) == 2 && strchr("~_!@?&`'+$<.", name[1]) != NULL;
}

static bool
is_c_string(VALUE name) {
    return strlen(RSTRING_PTR(name)) == (size_t)RSTRING_LEN(name);
}

struct global_read {
    struct hd_context *context;
    VALUE symbol;
};

/*
 * Reads one global variable. Its name may be any text (trace_var makes a variable of it), so the
 * name must never be evaluated as code. rb_gv_get takes only names in ASCII. Variables with other
 * names are left out if MRI does not export a function that reads them.
 */
static VALUE
read_global(VALUE arg) {
    const struct global_read *read = (const struct global_read *)arg;
    struct hd_context *context = read->context;
    VALUE name = rb_sym2str(read->symbol), counter = ID2SYM(rb_intern("total_allocated_objects"));
    VALUE value;
    if (!is_c_string(name) || is_special_global(RSTRING_PTR(name))) return Qnil;
    ID id = RB_SYM2ID(read->symbol); // may allocate
    size_t before = rb_gc_stat(counter);
    if (rb_enc_str_asciionly_p(name)) value = rb_gv_get(RSTRING_PTR(name));
    else if (!hd_mri_global(id, &value)) return Qnil;
    // an object that the getter has just made is held by nobody, so it is left out
    if (rb_gc_stat(counter) != before) return Qnil;
    context->globals[context->globals_size++] = (struct hd_global){id, value};
    return Qnil;
}

static VALUE
list_globals(VALUE arg) {
    struct hd_context *context = (struct hd_context *)arg;
    VALUE names = rb_f_global_variables(), verbose = ruby_verbose;
    long size = RARRAY_LEN(names);
    context->globals = calloc(size ? (size_t)size : 1, sizeof *context->globals);
    if (!context->globals) return Qnil;
    ruby_verbose = Qnil; // some getters warn
    for (long i = 0; i < size; i++) {
        const struct global_read read = {context, RARRAY_AREF(names, i)};
        ask_application(context, read_global, &read);
    }
    ruby_verbose = verbose;
    return Qnil;
}

static VALUE
ask_tracing(VALUE arg) {
    VALUE module = rb_path2class("ObjectSpace");
    ((struct hd_context *)arg)->may_trace = rb_respond_to(module,
                                                          rb_intern("trace_object_allocations"));
    return Qnil;
}

static VALUE
make_traced_object(VALUE arg) {
    struct hd_context *context = (struct hd_context *)arg;
    ask_tracing(arg);
    if (context->may_trace) context->traced_object = hd_mri_make_traced_object();
    return Qnil;
}

/* Fills in which JIT runs, and the memory of what it knows about its code where it tells that. */
static VALUE
ask_jit(VALUE arg) {
    struct hd_account *account = &((struct hd_context *)arg)->account;
    ID stats = rb_intern("runtime_stats");
    const char *name;
    VALUE jit = hd_mri_ask_jit(&name);
    if (NIL_P(jit)) return Qnil;
    snprintf(account->jit.name, sizeof account->jit.name, "%s", name);
    if (!rb_respond_to(jit, stats)) return Qnil;
    VALUE all = rb_funcall(jit, stats, 0);
    if (!RB_TYPE_P(all, T_HASH)) return Qnil;
    VALUE size = rb_hash_aref(all, ID2SYM(rb_intern("yjit_alloc_size")));
    if (RB_INTEGER_TYPE_P(size)) account->jit.metadata = NUM2ULL(size);
    return Qnil;
}

void
hd_context_prepare(struct hd_context *context) {
    *context = (struct hd_context){.thread_list = Qnil, .traced_object = Qnil};
    hd_account_begin(&context->account, 0);
    if (!NIL_P(count_of_ractors)) {
        context->ractors = NUM2LONG(rb_method_call(0, NULL, count_of_ractors));
    }
    list_threads(context);
    ask(context, make_traced_object, context);
    ask(context, ask_jit, context); // MRI's own code: what is raised there is a handler's
}

int
hd_context_collect(struct hd_context *context, const struct hd_options *options) {
    if (hd_sink_open_memory(&context->header) != 0) return ENOMEM;
    context->account.process = dumped_process ? dumped_process : getpid();
    hd_account_read_status(&context->account);
    put_header(context, options);
    // the addresses are read only now, because the GC may have moved objects before
    for (size_t i = 0; i < context->threads_size; i++) {
        context->threads[i].thread = RARRAY_AREF(context->thread_list, (long)i);
    }
    ask(context, list_globals, context);
    ask(context, ask_tracing, context);
    if (context->raised) return ECANCELED;
    return context->header.error || !context->threads || !context->globals ? ENOMEM : 0;
}

void
hd_context_free(struct hd_context *context) {
    for (size_t i = 0; i < context->threads_size; i++) free(context->threads[i].name);
    free(context->threads);
    free(context->globals);
    hd_sink_free(&context->header);
    *context = (struct hd_context){0};
}

const struct hd_thread_info *
hd_context_thread(const struct hd_context *context, VALUE thread) {
    for (size_t i = 0; i < context->threads_size; i++) {
        if (context->threads[i].thread == thread) return &context->threads[i];
    }
    return NULL;
}
