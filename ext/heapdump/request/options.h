/*
 * The options of a dump. options.c reads them from the keywords of the Ruby method and raises
 * ArgumentError. All of them are checked before a file is opened.
 */
#ifndef HEAPDUMP_OPTIONS_H
#define HEAPDUMP_OPTIONS_H

#include <ruby.h>
#include <stdbool.h>

#include "out/codec.h"

enum hd_strings { HD_STRINGS_FULL, HD_STRINGS_NONE, HD_STRINGS_HASH, HD_STRINGS_PREFIX };
enum hd_format { HD_FORMAT_HEAPDUMP, HD_FORMAT_OBJSPACE };

struct hd_options {
    bool gc;
    enum hd_strings strings;
    size_t strings_prefix; /* bytes, for HD_STRINGS_PREFIX */
    enum hd_format format;
    enum hd_compression compression;
    bool fork;
    int processes;  /* number of processes that walk the heap, from 1 to HD_MAX_WORKERS */
    double timeout; /* seconds after which a forked dump is given up; at most HD_MAX_TIMEOUT */
};

enum {
    HD_DEFAULT_TIMEOUT = 600,
    HD_MAX_TIMEOUT = 86400, /* a day: used for `timeout: nil` and for all longer times */
    HD_DEFAULT_WORKERS = 4  /* the highest number if `processes:` is not given */
};

/*
 * Reads the keyword hash of HeapDump.dump. If `compress:` is not given, the ending of `path` (a
 * String or nil) decides the compression. Raises an ArgumentError that names the option and the
 * values that it may have.
 */
void hd_options_parse(struct hd_options *options, VALUE keywords, VALUE path);

/*
 * Converts a time to wait into seconds, 0 or more. `value` is any real number, or an object that
 * behaves like one (ActiveSupport::Duration). Raises an ArgumentError whose message begins with
 * `name`.
 */
double hd_seconds(const char *name, VALUE value);

#endif
