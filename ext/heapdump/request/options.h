/*
 * What a dump was asked for. Parsed from Ruby's keywords in options.c, which raises ArgumentError;
 * everything is checked before a file is opened.
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
    int processes;  /* how many walk the heap, 1 to HD_MAX_WORKERS */
    double timeout; /* seconds after which a forked dump is given up; HD_MAX_TIMEOUT at most */
};

enum {
    HD_DEFAULT_TIMEOUT = 600,
    HD_MAX_TIMEOUT = 86400, /* a day: `timeout: nil`, and whatever is more */
    HD_DEFAULT_WORKERS = 4  /* at most, where `processes:` does not say it */
};

/*
 * Reads the keyword hash of HeapDump.dump. `path` (a String or nil) chooses the compression where
 * `compress:` does not. Raises ArgumentError that names the option and what it may be.
 */
void hd_options_parse(struct hd_options *options, VALUE keywords, VALUE path);

/*
 * A time to wait, 0 or more: any real number, or what behaves like one (ActiveSupport::Duration).
 * Raises ArgumentError that begins with `name`.
 */
double hd_seconds(const char *name, VALUE value);

#endif
