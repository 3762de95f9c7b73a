/*
 * Counts the objects that are made, and follows those that live, by the events of MRI. Nothing here
 * allocates an object of Ruby or raises; the events come while MRI allocates or collects. Memory
 * grows with the objects that live, and with the places, stacks and classes that make them.
 *
 * This is for whoever wants to know where objects come from. The owner of a recorder has the hooks:
 * it tells the recorder which objects are born (all, or those that it chooses), and of each object
 * that is freed, and of moves, as long as the recorder has entries. All calls hold the GVL, in the
 * one and only Ractor.
 */
#ifndef HEAPDUMP_RECORDER_H
#define HEAPDUMP_RECORDER_H

#include <ruby.h>
#include <ruby/debug.h>
#include <stdbool.h>
#include <stdint.h>

#include "allocations/cells.h"
#include "allocations/classes.h"
#include "allocations/sites.h"
#include "allocations/living.h"

enum { HD_DEEPEST = 512 }; /* frames of a stack that are looked at */

struct hd_recorder {
    unsigned depth; /* 1: the site of an object is its place; more: a stack of so many frames */
    uint32_t run;   /* that of the objects that are born now */
    struct hd_sites sites;
    struct hd_classes classes;
    struct hd_living living; /* the objects that were born and live */
    struct hd_cells cells;   /* those that have died */
    uint64_t born, died;
    uint64_t unseen; /* whose death was not told: another tool's hook ran meanwhile */
    bool failed;     /* there was no memory; nothing is counted any more */
    VALUE frames[HD_DEEPEST];
    int lines[HD_DEEPEST];
};

/* An object is born: call this in a hook of NEWOBJ. */
void hd_recorder_born(struct hd_recorder *recorder, rb_trace_arg_t *event);
/* An object is about to be freed: call this in a hook of FREEOBJ. */
void hd_recorder_freed(struct hd_recorder *recorder, rb_trace_arg_t *event);
/*
 * For whoever is not told of each object that is freed: forgets all objects, classes and code that
 * `dead` says are dead, without counting them.
 */
void hd_recorder_reap(struct hd_recorder *recorder, bool (*dead)(uint64_t address, void *data),
                      void *data);
/* For the same: forgets what was in the slot of an object that is new. */
void hd_recorder_renewed(struct hd_recorder *recorder, VALUE obj);
/* Forgets the stacks that have made no object that lives. */
void hd_recorder_trim(struct hd_recorder *recorder);
/* Objects have moved: call this in a function of compaction of a T_DATA. */
void hd_recorder_moved(struct hd_recorder *recorder);
/* The GC marks. */
void hd_recorder_mark(const struct hd_recorder *recorder);

/*
 * Adds the objects that live to the cells, as alive, and updates their class. Calls fn for each,
 * with its size in bytes. The GC is disabled. Entries whose address is no object any more are
 * counted as dead and unseen. Call this once, at the end. Returns false if there is no memory.
 */
bool hd_recorder_finish(struct hd_recorder *recorder,
                        void (*fn)(const struct hd_life *life, size_t bytes, void *data),
                        void *data);

size_t hd_recorder_memory(const struct hd_recorder *recorder);
void hd_recorder_free(struct hd_recorder *recorder);

#endif
