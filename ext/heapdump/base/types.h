/*
 * The names of MRI's types of objects. There is no other table of them.
 */
#ifndef HEAPDUMP_TYPES_H
#define HEAPDUMP_TYPES_H

#include <ruby.h>

struct hd_type {
    const char *name;   /* "T_STRING"; NULL for free slots and for numbers that are no type */
    char field[20];     /* the field as it stands in a line: `,"type":"STRING"` */
    unsigned char size; /* size of `field`, in bytes */
};

extern const struct hd_type hd_types[RUBY_T_MASK + 1];

#endif
