/*
 * What a recorder has found, as objects of Ruby.
 */
#ifndef HEAPDUMP_RESULT_H
#define HEAPDUMP_RESULT_H

#include <ruby.h>

#include "allocations/recorder.h"

/* The objects that live, for Array#unpack with "QQLLLL". */
struct hd_survivor {
    uint64_t address, bytes;
    uint32_t run, site, klass, age;
};

/* A zeroed one is empty. */
struct hd_survivors {
    struct hd_survivor *list; /* owned */
    size_t size, capacity;
    bool failed; /* there was no memory */
};

/* For hd_recorder_finish; data is a struct hd_survivors. */
void hd_survivors_add(const struct hd_life *life, size_t bytes, void *data);
void hd_survivors_free(struct hd_survivors *survivors);

/*
 * A Hash with Symbols as keys; frees the survivors. May raise NoMemoryError.
 *
 * cells::     Array of [run, site, class, objects, bytes, objects of age 0 or 1, of age 2, older,
 *             living objects, their bytes]
 * places::    Array of [path, line, name of the method or nil]; a site is an index of it, or of
 * stacks::    Array of [stack below or nil, place], if the depth is more than 1; else nil
 * classes::   Hash of class => [name, whether it is internal]
 * survivors:: String: an hd_survivor for each, first those that a program sees
 * seen::      how many these are
 * born, died, unseen, memory:: Integers
 */
VALUE hd_result(struct hd_recorder *recorder, struct hd_survivors *survivors, size_t memory);

#endif
