/*
 * Finalizer tables. Where the GC does not tell them among its roots (Ruby >= 3.4) they are hidden
 * arrays that nothing seems to hold: [object id, callable…]. The ids of all objects that have a
 * finalizer tell such an array from any other.
 */
#ifndef HEAPDUMP_FINALIZERS_H
#define HEAPDUMP_FINALIZERS_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>

struct hd_finalizers {
    struct hd_finalizable {
        VALUE id, object;
    } * objects;   /* owned, sorted by id once complete */
    VALUE *tables; /* owned: those found so far, room for as many as objects */
    size_t size, capacity, found;
};

/* Notes an object that has a finalizer. Without memory it is left out. */
void hd_finalizers_add(struct hd_finalizers *finalizers, VALUE obj);
/* Call when all have been added. */
void hd_finalizers_sort(struct hd_finalizers *finalizers);
/* The object whose finalizer table `array` is, 0 if it is none; a table is remembered. */
VALUE hd_finalizers_object_of(struct hd_finalizers *finalizers, VALUE array);
void hd_finalizers_free(struct hd_finalizers *finalizers);

#endif
