/*
 * The state of a dump in one process: what the writers of lines look at, and what they keep.
 */
#ifndef HEAPDUMP_STATE_H
#define HEAPDUMP_STATE_H

#include <ruby.h>

#include "guard/hung.h"
#include "lines/finalizers.h"
#include "lines/names.h"
#include "lines/refs.h"
#include "lines/tally.h"
#include "mri/pages.h"
#include "out/sink.h"
#include "request/context.h"
#include "request/options.h"

enum { HD_WEAK_FIELDS = 8 };

struct hd_dump {
    struct hd_sink out;
    const struct hd_options *options;
    struct hd_context *context;
    struct hd_pages pages;
    struct hd_refs refs;     /* of the object being written */
    struct hd_names *names;  /* owned */
    size_t usual_slot;       /* the smallest slot size; lines tell only others */
    const void *allocations; /* objspace's table, NULL while nothing is traced */
    struct hd_finalizers finalizers;

    /* fields of the current object that point to what MRI does not mark */
    struct hd_weak {
        const char *key; /* `"key":` */
        size_t key_size;
        VALUE ref;
    } weak[HD_WEAK_FIELDS];
    int weak_size;

    volatile enum hd_step step;

    struct hd_tally *tally; /* not owned: what this process has written */
};

#endif
