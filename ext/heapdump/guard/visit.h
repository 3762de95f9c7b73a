/*
 * Calls a function for each object of a page. The calls are guarded (guard.h): after a failure the
 * walk goes on with the next object.
 */
#ifndef HEAPDUMP_VISIT_H
#define HEAPDUMP_VISIT_H

#include <ruby.h>
#include <stddef.h>

#include "mri/pages.h"

/* What is done with each object of a page. */
struct hd_visit {
    void (*object)(VALUE obj, size_t stride, void *data);
    /*
     * Called after `object` has failed for obj, not guarded. `outcome` is what hd_guard returned.
     */
    void (*failed)(VALUE obj, size_t stride, int outcome, void *data);
    void *data;
};

/*
 * Calls visit->object, guarded, for each slot that has an object. Returns how many have none: those
 * that are free, that wait for their finalizer, or whose object has moved. hd_guard_reading is true
 * meanwhile.
 */
size_t hd_page_visit(const struct hd_page *page, const struct hd_visit *visit);

#endif
