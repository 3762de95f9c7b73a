/*
 * Writes the ROOT lines, which name what is held from outside the heap. References that MRI reports
 * one after another for the same category make one line. One line has the global variables by name.
 * Each process of a dump that has found finalizer tables among the objects writes one line with
 * these.
 */
#ifndef HEAPDUMP_ROOTS_H
#define HEAPDUMP_ROOTS_H

#include "lines/state.h"

/* Writes the lines of the categories and of the global variables. */
void hd_write_roots(struct hd_dump *dump);

/*
 * Writes the line of the finalizer tables that this process has found; nothing if there are none.
 */
void hd_write_found_roots(struct hd_dump *dump);

/* Call this after each ROOT line. */
void hd_end_root(struct hd_dump *dump);

#endif
