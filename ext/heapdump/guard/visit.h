/*
 * The objects of a page, one after the other, each of them guarded: where one fails, the others
 * still come.
 */
#ifndef HEAPDUMP_VISIT_H
#define HEAPDUMP_VISIT_H

#include <ruby.h>
#include <stddef.h>

#include "mri/pages.h"

/* What is done with each object of a page. */
struct hd_visit {
    void (*object)(VALUE obj, size_t stride, void *data);
    /* Instead of the rest of `object`, where that failed; the outcome is that of hd_guard. */
    void (*failed)(VALUE obj, size_t stride, int outcome, void *data);
    void *data;
};

/* Calls visit->object for each object, guarded. Returns the number of slots that are free. */
size_t hd_page_visit(const struct hd_page *page, const struct hd_visit *visit);

#endif
