/*
 * What holds objects from outside the heap: one ROOT line per run of a category, one for the global
 * variables by name, and one for the finalizer tables that were found among the objects.
 */
#ifndef HEAPDUMP_ROOTS_H
#define HEAPDUMP_ROOTS_H

#include "lines/state.h"

/* The categories and the global variables. */
void hd_write_roots(struct hd_dump *dump);

/* The finalizer tables; nothing where none was found. */
void hd_write_found_roots(struct hd_dump *dump);

/* Call behind each line of a root. */
void hd_end_root(struct hd_dump *dump);

#endif
