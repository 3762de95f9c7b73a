/*
 * Counting objects by type and class: one pass over the slots, no JSON, no file, no Ruby object.
 */
#ifndef HEAPDUMP_COUNT_H
#define HEAPDUMP_COUNT_H

#include <ruby.h>
#include <stddef.h>

struct hd_class_count {
    VALUE klass; /* 0: an empty place */
    size_t count;
};

struct hd_counts {
    size_t total_slots, free_slots;
    size_t types[RUBY_T_MASK + 1];
    struct hd_class_count *classes; /* owned; a hash table by class */
    size_t classes_size, classes_capacity;
    size_t bad; /* objects that could not be counted by class: out of memory */
};

/*
 * Counts the whole heap; instances by class too, where `by_class`. The caller holds the GVL, the GC
 * is disabled. Free with hd_counts_free.
 */
void hd_count(struct hd_counts *counts, bool by_class);
void hd_counts_free(struct hd_counts *counts);

/* The name of a type as "T_STRING"; NULL for free slots and numbers that stand for no type. */
const char *hd_type_name(int type);

#endif
