/*
 * What a dump needs from Ruby, collected while Ruby code may still run, as plain C memory: the
 * header, the values of global variables, names and states of threads. No code of the application
 * is called but the getters of its C-defined global variables; whatever raises is left out.
 */
#ifndef HEAPDUMP_CONTEXT_H
#define HEAPDUMP_CONTEXT_H

#include <ruby.h>
#include <stdbool.h>

#include "options.h"
#include "sink.h"

struct hd_thread_info {
    VALUE thread;
    char *name; /* owned; NULL where it has none */
    size_t name_size;
    char status[32];
};

struct hd_global {
    ID name;
    VALUE value;
};

struct hd_context {
    struct hd_sink header;          /* in memory: the header line up to its last bracket */
    struct hd_thread_info *threads; /* owned; living threads only */
    size_t threads_size;
    struct hd_global *globals; /* owned */
    size_t globals_size;
    bool may_trace; /* the stdlib's objspace is loaded, so allocations may be traced */
};

/* Fills a zeroed context, with the GVL. Never raises; returns 0 or ENOMEM. Then hd_context_free. */
int hd_context_collect(struct hd_context *context, const struct hd_options *options);
void hd_context_free(struct hd_context *context);

/* What is known of a thread; NULL for one that is not alive. */
const struct hd_thread_info *hd_context_thread(const struct hd_context *context, VALUE thread);

#endif
