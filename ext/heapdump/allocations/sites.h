/*
 * The code that makes objects, with numbers that stay the same: methods, places (lines of methods)
 * and stacks (a place, and the stack from which it was called). No object of Ruby is made or held
 * for it, but the strings that are paths of files. All functions return HD_NO_NUMBER if there is no
 * memory.
 */
#ifndef HEAPDUMP_SITES_H
#define HEAPDUMP_SITES_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocations/living.h"
#include "allocations/texts.h"
#include "base/table.h"

struct hd_method {
    VALUE frame;          /* one of those of rb_profile_frames that live, or 0. Not marked */
    uint32_t label, path; /* texts; the label has no class */
    int line;             /* where it begins, 0 if unknown */
    bool native;          /* written in C */
};

struct hd_place {
    uint32_t path; /* a text; that of code in a string is not always that of its method */
    int line;
    uint32_t method;
};

/* A stack is the place on top of the stack `below`, which may be HD_NO_NUMBER. */
struct hd_stack {
    uint32_t below, place;
};

/* A zeroed one is empty. */
struct hd_sites {
    struct hd_texts texts;
    struct hd_table paths; /* String => text + 1. The Strings are marked */
    struct hd_method *methods;
    size_t methods_size, methods_capacity;
    struct hd_living frames;    /* frame => `site` is the number of its method */
    struct hd_table names;      /* label and path => a number + 1 */
    struct hd_table known;      /* that number and the line => method + 1 */
    struct hd_table lines;      /* path and line => a number + 1 */
    struct hd_table place_keys; /* that number and the method => place + 1 */
    struct hd_place *places;
    size_t places_size, places_capacity;
    struct hd_table stack_keys; /* below + 1 and place => stack + 1 */
    struct hd_stack *stacks;
    size_t stacks_size, stacks_capacity;
};

/* The method of a frame of rb_profile_frames. */
uint32_t hd_method_of(struct hd_sites *sites, VALUE frame);
/* The place on this line of the file that a String names; nil for no file. */
uint32_t hd_place_of(struct hd_sites *sites, VALUE path, int line, uint32_t method);
uint32_t hd_stack_of(struct hd_sites *sites, uint32_t below, uint32_t place);

/* Call this for each internal object of MRI (imemo) that is freed. */
void hd_sites_freed(struct hd_sites *sites, VALUE imemo);
/* The same for whoever is not told of them: forgets each frame for which `dead` is true. */
void hd_sites_reap(struct hd_sites *sites, bool (*dead)(uint64_t frame, void *data), void *data);
/* Call this when the GC marks. */
void hd_sites_mark(const struct hd_sites *sites);
/* Call this when objects have moved; `move` is as for hd_living_move. False: no memory. */
bool hd_sites_move(struct hd_sites *sites, uint64_t (*move)(uint64_t, void *), void *data);

/* For whoever forgets stacks: forgets all and returns the old ones, which the caller frees. */
struct hd_stack *hd_stacks_begin(struct hd_sites *sites);

size_t hd_sites_memory(const struct hd_sites *sites);
void hd_sites_free(struct hd_sites *sites);

#endif
