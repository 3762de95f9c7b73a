/*
 * Place in the flow: after the options, before the walk; the last time that Ruby code runs.
 * See context.h.
 */
#include "context.h"

#include <errno.h>
#include <ruby/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "mri/mri.h"

/* Calls fn(context), throwing away what it raises. */
static void
protect(VALUE (*fn)(VALUE), const void *context) {
    int state = 0;
    rb_protect(fn, (VALUE)context, &state);
    if (state) rb_set_errinfo(Qnil);
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

/* Memory of the process as Linux tells it; nothing where it does not. */
static void
put_memory(struct hd_sink *out) {
    static const struct {
        const char *line, *key;
    } wanted[] = {{"VmRSS:", "\"rss\":"}, {"VmHWM:", "\"peak_rss\":"}, {"VmSwap:", "\"swap\":"}};
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return;
    char line[256];
    HD_PUT(out, ",\"memory\":{");
    while (fgets(line, sizeof line, status)) {
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            size_t n = strlen(wanted[i].line);
            if (strncmp(line, wanted[i].line, n) != 0) continue;
            hd_put_bytes(out, wanted[i].key, strlen(wanted[i].key));
            hd_put_u64(out, strtoull(line + n, NULL, 10) * 1024);
            hd_put_char(out, ',');
        }
    }
    hd_json_close(out, '}');
    fclose(status);
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

static VALUE
put_ractors(VALUE arg) {
    ID ractor = rb_intern("Ractor");
    if (!rb_const_defined(rb_cObject, ractor)) return Qnil;
    VALUE count = rb_funcall(rb_const_get(rb_cObject, ractor), rb_intern("count"), 0);
    if (NUM2LONG(count) < 2) return Qnil;
    HD_PUT((struct hd_sink *)arg, ",\"ractors\":");
    hd_put_u64((struct hd_sink *)arg, (uint64_t)NUM2LONG(count));
    return Qnil;
}

static void
put_header(struct hd_sink *out, const struct hd_options *options) {
    char host[256] = "";
    HD_PUT(out, "{\"type\":\"HEADER\",\"format\":1");
    put_c_field(out, ",\"heapdump\":", HEAPDUMP_VERSION);
    put_c_field(out, ",\"ruby\":", ruby_version);
    protect(put_description, out);
    put_c_field(out, ",\"platform\":", ruby_platform);
    hd_put_number(out, HD_FIELD("pid"), (uint64_t)getpid());
    protect(put_program, out);
    if (gethostname(host, sizeof host - 1) == 0) put_c_field(out, ",\"host\":", host);
    put_time(out);
    if (options->gc) HD_PUT(out, ",\"gc_ran\":true");
    else HD_PUT(out, ",\"gc_ran\":false");
    put_strings_policy(out, options);
    protect(put_gc_stat, out);
    put_memory(out);
    put_capabilities(out);
    protect(put_ractors, out);
}

/* Calls a method of Thread itself, whatever a subclass has made of it. */
static VALUE
ask_thread(VALUE thread, const char *method) {
    VALUE name = ID2SYM(rb_intern(method));
    VALUE unbound = rb_funcall(rb_cThread, rb_intern("instance_method"), 1, name);
    return rb_funcall(unbound, rb_intern("bind_call"), 1, thread);
}

static VALUE
list_threads(VALUE arg) {
    struct hd_context *context = (struct hd_context *)arg;
    VALUE threads = rb_funcall(rb_cThread, rb_intern("list"), 0);
    size_t size = (size_t)RARRAY_LEN(threads);
    context->threads = calloc(size ? size : 1, sizeof *context->threads);
    if (!context->threads) return Qnil;
    for (size_t i = 0; i < size; i++) {
        VALUE thread = RARRAY_AREF(threads, (long)i);
        struct hd_thread_info *info = &context->threads[context->threads_size++];
        info->thread = thread;
        VALUE status = ask_thread(thread, "status");
        const char *text = RB_TYPE_P(status, T_STRING) ? RSTRING_PTR(status) : "dead";
        snprintf(info->status, sizeof info->status, "%s", text);
        VALUE name = ask_thread(thread, "name");
        if (!RB_TYPE_P(name, T_STRING)) continue;
        info->name_size = (size_t)RSTRING_LEN(name);
        info->name = malloc(info->name_size + 1);
        if (info->name) memcpy(info->name, RSTRING_PTR(name), info->name_size);
    }
    return Qnil;
}

/*
 * Those that stand for something of the current frame or thread, or of the last match; and
 * $FILENAME, which opens the next file of ARGV when it is read.
 */
static bool
is_special_global(const char *name) {
    if (strcmp(name, "$FILENAME") == 0) return true;
    if (name[0] == '$' && name[1] >= '0' && name[1] <= '9') return true;
    return strlen(name) == 2 && strchr("~_!@?&`'+$<.", name[1]) != NULL;
}

struct global_read {
    struct hd_context *context;
    VALUE symbol;
};

static VALUE
read_global(VALUE arg) {
    const struct global_read *read = (const struct global_read *)arg;
    VALUE name = rb_sym2str(read->symbol), counter = ID2SYM(rb_intern("total_allocated_objects"));
    const char *text = RSTRING_PTR(name);
    if (strlen(text) != (size_t)RSTRING_LEN(name) || is_special_global(text)) return Qnil;
    VALUE value;
    if (rb_enc_str_asciionly_p(name)) {
        size_t before = rb_gc_stat(counter);
        value = rb_gv_get(text);
        // what a getter has only just made is held by nobody
        if (rb_gc_stat(counter) != before) return Qnil;
    }
    else {
        // rb_gv_get takes ASCII names alone; a variable of such a name has no getter of its own
        value = rb_funcall(rb_mKernel, rb_intern("eval"), 1, name);
    }
    struct hd_context *context = read->context;
    context->globals[context->globals_size++] = (struct hd_global){RB_SYM2ID(read->symbol), value};
    return Qnil;
}

static VALUE
list_globals(VALUE arg) {
    struct hd_context *context = (struct hd_context *)arg;
    VALUE names = rb_f_global_variables();
    long size = RARRAY_LEN(names);
    context->globals = calloc(size ? (size_t)size : 1, sizeof *context->globals);
    if (!context->globals) return Qnil;
    VALUE verbose = ruby_verbose;
    ruby_verbose = Qnil; // some getters warn
    for (long i = 0; i < size; i++) {
        const struct global_read read = {context, RARRAY_AREF(names, i)};
        protect(read_global, &read);
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

int
hd_context_collect(struct hd_context *context, const struct hd_options *options) {
    *context = (struct hd_context){0};
    if (hd_sink_open_memory(&context->header) != 0) return ENOMEM;
    put_header(&context->header, options);
    protect(list_threads, context);
    protect(list_globals, context);
    protect(ask_tracing, context);
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
