/*
 * The state of a dump in one process. The writers of lines read and change it.
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
    struct hd_refs refs;     /* the references of the object that is being written */
    struct hd_names *names;  /* owned */
    size_t usual_slot;       /* the smallest slot size; a line has `slot_size` if it is larger */
    const void *allocations; /* objspace's table; NULL if no allocations are traced */
    uint64_t sampled_every;  /* bytes between samples of allocations; 0: nobody samples */
    struct hd_finalizers finalizers;

    /* fields of the current object whose references MRI does not mark */
    struct hd_weak {
        const char *key; /* `"key":` */
        size_t key_size;
        VALUE ref;
    } weak[HD_WEAK_FIELDS];
    int weak_size;

    volatile enum hd_step step;

    struct hd_tally *tally; /* not owned; counts what this process has written */
};

#endif
