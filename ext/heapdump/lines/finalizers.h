/*
 * Finds the finalizer tables on Rubies whose GC does not report them among the roots (Ruby >= 3.4).
 * There they are hidden arrays, and no object and no root seems to hold them.
 *
 * From Ruby 4.0 on, a table begins with the id of its object. An array is a table if its first
 * element is the id of an object that has a finalizer. On Ruby 3.4 a table contains only the
 * callables. There all references of the heap are read once, to find the arrays that nothing holds.
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
    VALUE *tables; /* owned; the tables found so far, or arrays that may be tables */
    size_t size, capacity, found, tables_capacity;
    bool failed; /* out of memory: some tables are not known */
};

/* Note an object that has a finalizer, and an array that may be a finalizer table. */
void hd_finalizers_add(struct hd_finalizers *finalizers, VALUE obj);
void hd_finalizers_add_array(struct hd_finalizers *finalizers, VALUE array);
/*
 * Call this when all of them have been added. On Ruby 3.4 it finds the tables; from 4.0 on it only
 * prepares hd_finalizers_object_of. Sets `failed` if there is no memory.
 */
void hd_finalizers_complete(struct hd_finalizers *finalizers, const struct hd_pages *pages);
/*
 * The object whose finalizer table `array` is, and remembers the table. Returns 0 if `array` is no
 * table, or if its object is not known.
 */
VALUE hd_finalizers_object_of(struct hd_finalizers *finalizers, VALUE array);
void hd_finalizers_free(struct hd_finalizers *finalizers);

#endif
