/*
 * The writers of the types, in type_*.c and, for threads and fibers, threads.c. Each writes the
 * fields that only its type has. Every field begins with a comma.
 */
#ifndef HEAPDUMP_WRITERS_H
#define HEAPDUMP_WRITERS_H

#include <ruby.h>

#include "lines/state.h"

void hd_write_object_fields(struct hd_dump *dump, VALUE obj);
void hd_write_string(struct hd_dump *dump, VALUE obj);
void hd_write_symbol(struct hd_dump *dump, VALUE obj);
void hd_write_regexp(struct hd_dump *dump, VALUE obj);
void hd_write_match(struct hd_dump *dump, VALUE obj);
void hd_write_array(struct hd_dump *dump, VALUE obj);
void hd_write_hash(struct hd_dump *dump, VALUE obj);
void hd_write_struct(struct hd_dump *dump, VALUE obj);
void hd_write_module(struct hd_dump *dump, VALUE obj);
void hd_write_iclass(struct hd_dump *dump, VALUE obj);
void hd_write_float(struct hd_dump *dump, VALUE obj);
void hd_write_bignum(struct hd_dump *dump, VALUE obj);
void hd_write_rational(struct hd_dump *dump, VALUE obj);
void hd_write_complex(struct hd_dump *dump, VALUE obj);
void hd_write_file(struct hd_dump *dump, VALUE obj);
void hd_write_data(struct hd_dump *dump, VALUE obj);
void hd_write_imemo(struct hd_dump *dump, VALUE obj);
void hd_write_iseq(struct hd_dump *dump, VALUE obj);
void hd_write_thread(struct hd_dump *dump, VALUE obj);
void hd_write_ractor(struct hd_dump *dump, VALUE obj);
void hd_write_fiber(struct hd_dump *dump, VALUE obj);

/* The C type of the table in which Ruby >= 4.0 has the methods that were found for a class. */
#define HD_METHOD_CACHE "VM/cc_table"

#endif
