/*
 * Puts values and references into a line, and writes fields that consist of them. All writers use
 * it.
 */
#ifndef HEAPDUMP_VALUE_H
#define HEAPDUMP_VALUE_H

#include <ruby.h>
#include <stdbool.h>

#include "lines/state.h"
#include "mri/mri.h"
#include "out/json.h"

/* Puts a value that is no reference. */
void hd_put_immediate(struct hd_dump *dump, VALUE v);

/* Puts a value, followed by the character `behind`. Does not take the reference (refs.h). */
static inline void
hd_put_plain_value(struct hd_dump *dump, VALUE v, char behind) {
    unsigned char *to;
    if (!RB_SPECIAL_CONST_P(v)) {
        to = hd_at_address(hd_sink_reserve(&dump->out, HD_ADDRESS_SIZE + 1), v);
    }
    else if (RB_FIXNUM_P(v)) {
        to = hd_at_i64(hd_sink_reserve(&dump->out, HD_NUMBER_SIZE + 2), RB_FIX2LONG(v));
    }
    else {
        hd_put_immediate(dump, v); // the less frequent values
        to = hd_sink_reserve(&dump->out, 1);
    }
    *to = (unsigned char)behind;
    dump->out.pos = to + 1;
}

/*
 * Puts a value that MRI itself has reported as a reference of the object, followed by the character
 * `behind`, and takes the reference. A value that was read in any other way must first pass
 * hd_take_value.
 */
static inline void
hd_put_value(struct hd_dump *dump, VALUE v, char behind) {
    if (!RB_SPECIAL_CONST_P(v)) hd_refs_take(&dump->refs, v);
    hd_put_plain_value(dump, v, behind);
}

/*
 * True if a value may stand under a name: it is an immediate, or a reference that MRI marks from
 * this object. Such a reference is taken. Values that were read by layout are checked here, so that
 * a name never adds an edge.
 */
static inline bool
hd_take_value(struct hd_dump *dump, VALUE v) {
    if (RB_SPECIAL_CONST_P(v)) return v != RUBY_Qundef;
    return hd_refs_take(&dump->refs, v);
}

/*
 * Takes a reference and writes it as a field. If MRI does not mark it from this object, adds it to
 * the map `weak`, provided that it is an object. Does nothing for 0 and for values that are no
 * references.
 */
void hd_write_ref(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* Like hd_write_ref, but writes nothing if MRI does not mark the reference. */
void hd_write_held(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* The same as a hd_part_fn (mri.h); `dump` is a struct hd_dump. */
void hd_write_part(struct hd_field field, VALUE ref, void *dump);
/* Like hd_write_held, but writes nothing if the reference has all its names already. */
void hd_write_left(struct hd_dump *dump, struct hd_field field, VALUE ref);
/*
 * Takes all references that are left and for which `belongs` is true, and writes them as a list.
 * Writes nothing if there are none.
 */
void hd_write_all_left(struct hd_dump *dump, struct hd_field field,
                       bool (*belongs)(VALUE ref, VALUE data), VALUE data);
/* The same for the imemos or the T_DATA objects of one kind. */
void hd_write_imemos_left(struct hd_dump *dump, struct hd_field field, enum hd_imemo kind);
void hd_write_data_left(struct hd_dump *dump, struct hd_field field, enum hd_data_kind kind);
/* Writes a value as a field if hd_take_value allows it, else nothing. */
void hd_write_value(struct hd_dump *dump, struct hd_field field, VALUE v);
/* Writes the text of a String as a field, as a name (hd_put_name). Nothing for 0 and nil. */
void hd_write_name(struct hd_dump *dump, struct hd_field field, VALUE string);
/* Writes the name of an ID as a field. Nothing if the ID has no name. */
void hd_write_id(struct hd_dump *dump, struct hd_field field, ID id);
/* Writes a C string as a field, as a name (hd_put_name). Nothing for NULL. */
void hd_write_word(struct hd_dump *dump, struct hd_field field, const char *word);
/* Writes the fields `label` and `file`, which say where code is written. */
void hd_write_place(struct hd_dump *dump, const struct hd_code *code);
/*
 * Adds a reference to the map `weak` of the current object. Drops it if the map has HD_WEAK_FIELDS
 * entries already.
 */
void hd_add_weak(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* Writes the map `locals`: `size` names from the table of an iseq, with the values of each. */
void hd_write_locals(struct hd_dump *dump, const ID *names, const VALUE *values, unsigned size);

#endif
