/*
 * Place in the flow: first. Turns keywords into a struct; see options.h.
 */
#include "request/options.h"

#include <string.h>

#include "request/processors.h"

static bool
boolean_option(const char *name, VALUE value) {
    if (value == Qtrue || value == Qfalse || value == Qnil) return RTEST(value);
    rb_raise(rb_eArgError, "%s: must be true or false%s, not %+" PRIsVALUE, name,
             strcmp(name, "fork") == 0 ? ", or :prefer for dump" : "", value);
}

struct choice {
    const char *name;
    int value;
};

static bool
choose(VALUE value, const struct choice *choices, int *out) {
    if (!RB_SYMBOL_P(value)) return false;
    for (; choices->name; choices++) {
        if (value == ID2SYM(rb_intern(choices->name))) {
            *out = choices->value;
            return true;
        }
    }
    return false;
}

static void
strings_option(struct hd_options *options, VALUE value) {
    static const struct choice choices[] = {
        {"full", HD_STRINGS_FULL}, {"none", HD_STRINGS_NONE}, {"hash", HD_STRINGS_HASH}, {NULL, 0}};
    int chosen;
    if (choose(value, choices, &chosen)) {
        options->strings = (enum hd_strings)chosen;
    }
    else if (RB_FIXNUM_P(value) && RB_FIX2LONG(value) >= 0) {
        options->strings = HD_STRINGS_PREFIX;
        options->strings_prefix = (size_t)RB_FIX2LONG(value);
    }
    else {
        rb_raise(rb_eArgError,
                 "strings: must be :full, :none, :hash or a number of bytes, not %+" PRIsVALUE,
                 value);
    }
}

static void
format_option(struct hd_options *options, VALUE value) {
    static const struct choice choices[] = {
        {"heapdump", HD_FORMAT_HEAPDUMP}, {"objspace", HD_FORMAT_OBJSPACE}, {NULL, 0}};
    int chosen;
    if (!choose(value, choices, &chosen)) {
        rb_raise(rb_eArgError, "format: must be :heapdump or :objspace, not %+" PRIsVALUE, value);
    }
    options->format = (enum hd_format)chosen;
}

static bool
ends_with(VALUE path, const char *ending) {
    size_t n = strlen(ending), length = (size_t)RSTRING_LEN(path);
    return length > n && memcmp(RSTRING_PTR(path) + length - n, ending, n) == 0;
}

/*
 * The compression that the ending of a file's name stands for. Raises if that is one which the
 * dumper does not have.
 */
static enum hd_compression
compression_of(VALUE path) {
    static const char *const others[] = {".xz", ".lzma", ".bz2", ".lz4",
                                         ".br", ".zip",  ".7z",  ".Z"};
    if (NIL_P(path)) return HD_PLAIN;
    if (ends_with(path, ".zst")) return HD_ZSTD;
    if (ends_with(path, ".gz")) return HD_GZIP;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!ends_with(path, others[i])) continue;
        rb_raise(rb_eArgError,
                 "%" PRIsVALUE " would not be compressed as its name says; name it .zst or .gz, or "
                 "give compress:",
                 path);
    }
    return HD_PLAIN;
}

static void
compress_option(struct hd_options *options, VALUE value, VALUE path) {
    static const struct choice choices[] = {{"zstd", HD_ZSTD}, {"gzip", HD_GZIP}, {NULL, 0}};
    int chosen;
    if (NIL_P(value)) {
        options->compression = compression_of(path);
    }
    else if (value == Qfalse) {
        options->compression = HD_PLAIN;
    }
    else if (choose(value, choices, &chosen)) {
        options->compression = (enum hd_compression)chosen;
    }
    else {
        rb_raise(rb_eArgError,
                 "compress: must be :zstd, :gzip, false, or nil (by the file's extension), "
                 "not %+" PRIsVALUE,
                 value);
    }
}

static int
number_option(const char *name, VALUE value, int max) {
    if (RB_FIXNUM_P(value) && RB_FIX2LONG(value) >= 1 && RB_FIX2LONG(value) <= max) {
        return (int)RB_FIX2LONG(value);
    }
    rb_raise(rb_eArgError, "%s: must be a number from 1 to %d, not %+" PRIsVALUE, name, max, value);
}

static VALUE
to_float(VALUE value) {
    return rb_Float(value);
}

static VALUE
no_float(VALUE value, VALUE error) {
    (void)error;
    return Qnil;
}

/* Takes what Kernel#sleep takes: numbers, and objects with a method `divmod`, such as durations. */
double
hd_seconds(const char *name, VALUE value) {
    VALUE number = Qnil;
    if (rb_obj_is_kind_of(value, rb_cNumeric) || rb_respond_to(value, rb_intern_const("divmod"))) {
        number = rb_rescue2(to_float, value, no_float, value, rb_eTypeError, rb_eRangeError,
                            (VALUE)0);
    }
    if (!NIL_P(number) && RFLOAT_VALUE(number) >= 0) return RFLOAT_VALUE(number); // not for NaN
    rb_raise(rb_eArgError, "%s must be a number of seconds or nil, not %+" PRIsVALUE, name, value);
}

static double
timeout_option(VALUE value) {
    double seconds = NIL_P(value) ? HD_MAX_TIMEOUT : hd_seconds("timeout:", value);
    if (seconds > 0) return seconds < HD_MAX_TIMEOUT ? seconds : HD_MAX_TIMEOUT;
    rb_raise(rb_eArgError, "timeout: must be more than 0 seconds; give none for %d",
             HD_DEFAULT_TIMEOUT);
}

void
hd_options_parse(struct hd_options *options, VALUE keywords, VALUE path) {
    enum { GC, STRINGS, FORMAT, COMPRESS, FORK, PROCESSES, TIMEOUT, COUNT };
    VALUE values[COUNT];
    ID names[COUNT] = {rb_intern("gc"),       rb_intern("strings"), rb_intern("format"),
                       rb_intern("compress"), rb_intern("fork"),    rb_intern("processes"),
                       rb_intern("timeout")};
    // raises ArgumentError for an unknown keyword, with its name
    rb_get_kwargs(keywords, names, 0, COUNT, values);

    *options = (struct hd_options){.gc = true, .fork = true, .timeout = HD_DEFAULT_TIMEOUT};
    options->processes = hd_processors("", HD_DEFAULT_WORKERS);
    if (values[GC] != Qundef) options->gc = boolean_option("gc", values[GC]);
    if (values[STRINGS] != Qundef) strings_option(options, values[STRINGS]);
    if (values[FORMAT] != Qundef) format_option(options, values[FORMAT]);
    if (values[FORK] != Qundef) options->fork = boolean_option("fork", values[FORK]);
    if (values[PROCESSES] != Qundef && !NIL_P(values[PROCESSES])) {
        options->processes = number_option("processes", values[PROCESSES], HD_MAX_WORKERS);
    }
    if (values[TIMEOUT] != Qundef) {
        options->timeout = timeout_option(values[TIMEOUT]);
    }
    compress_option(options, values[COMPRESS] == Qundef ? Qnil : values[COMPRESS], path);
}
