/*
 * Finalizer tables. Where the GC does not tell them among its roots (Ruby >= 3.4) they are hidden
 * arrays that nothing seems to hold. From 4.0 on a table begins with the id of its object, and the
 * ids of all objects that have a finalizer tell it from any other array. On 3.4 it holds callables
 * alone: there every reference of the heap is looked at once, to see which arrays nothing holds.
 */
#ifndef HEAPDUMP_FINALIZERS_H
#define HEAPDUMP_FINALIZERS_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>

#include "mri/pages.h"

struct hd_finalizers {
    struct hd_finalizable {
        VALUE id, object;
    } * objects;   /* owned; sorted by id once complete */
    VALUE *tables; /* owned; the tables found so far, or what may be some */
    size_t size, capacity, found, tables_capacity;
    bool failed; /* out of memory: some tables are not known */
};

/* Notes an object that has a finalizer, and an array that may be a table of one. */
void hd_finalizers_add(struct hd_finalizers *finalizers, VALUE obj);
void hd_finalizers_add_array(struct hd_finalizers *finalizers, VALUE array);
/* Call when all have been added. Finds the tables, where that cannot be done array by array. */
void hd_finalizers_complete(struct hd_finalizers *finalizers, const struct hd_pages *pages);
/* The object whose finalizer table `array` is, 0 if that cannot be told. The table is remembered. */
VALUE hd_finalizers_object_of(struct hd_finalizers *finalizers, VALUE array);
void hd_finalizers_free(struct hd_finalizers *finalizers);

#endif
