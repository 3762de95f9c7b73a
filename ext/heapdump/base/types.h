/*
 * The names of MRI's types of objects: the one table of them.
 */
#ifndef HEAPDUMP_TYPES_H
#define HEAPDUMP_TYPES_H

#include <ruby.h>

struct hd_type {
    const char *name;   /* "T_STRING"; NULL for free slots and numbers that stand for no type */
    char field[20];     /* `,"type":"STRING"`, as it stands in a line */
    unsigned char size; /* of that */
};

extern const struct hd_type hd_types[RUBY_T_MASK + 1];

#endif
