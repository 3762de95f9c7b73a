/*
 * Values and references inside a line, and the fields that are made of them. All writers use this.
 */
#ifndef HEAPDUMP_VALUE_H
#define HEAPDUMP_VALUE_H

#include <ruby.h>
#include <stdbool.h>

#include "lines/state.h"
#include "mri/mri.h"
#include "out/json.h"

/* A value that is no reference; of those, numbers are written by hd_put_plain_value itself. */
void hd_put_immediate(struct hd_dump *dump, VALUE v);

/* A value and the character behind it; its reference is not taken, or was before. */
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
        hd_put_immediate(dump, v); // the rarer ones
        to = hd_sink_reserve(&dump->out, 1);
    }
    *to = (unsigned char)behind;
    dump->out.pos = to + 1;
}

/*
 * A value that MRI itself has told as a reference, which is taken, and the character behind it. What
 * has been read in any other way passes through hd_take_value first.
 */
static inline void
hd_put_value(struct hd_dump *dump, VALUE v, char behind) {
    if (!RB_SPECIAL_CONST_P(v)) hd_refs_take(&dump->refs, v);
    hd_put_plain_value(dump, v, behind);
}

/*
 * True if a value may stand under a name: an immediate, or a reference that MRI marks (it is taken).
 * What was read by layout passes here, so that a name never adds an edge.
 */
static inline bool
hd_take_value(struct hd_dump *dump, VALUE v) {
    if (RB_SPECIAL_CONST_P(v)) return v != RUBY_Qundef;
    return hd_refs_take(&dump->refs, v);
}

/* The field with a reference: taken, or kept for `weak` where MRI does not mark it. */
void hd_write_ref(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* The same without `weak`: nothing where MRI does not mark it. */
void hd_write_held(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* The field with a value that MRI marks, or nothing. */
void hd_write_value(struct hd_dump *dump, struct hd_field field, VALUE v);
/* The field with the text of a String, by the rules for names; nothing for 0 and nil. */
void hd_write_name(struct hd_dump *dump, struct hd_field field, VALUE string);
/* The field with the name of an ID; nothing where it has none. */
void hd_write_id(struct hd_dump *dump, struct hd_field field, ID id);
/* The field with a C string, by the rules for names; nothing for NULL. */
void hd_write_word(struct hd_dump *dump, struct hd_field field, const char *word);
/* The fields `label` and `file` that say where code is written. */
void hd_write_place(struct hd_dump *dump, const struct hd_code *code);
/* Keeps a reference for the map `weak` of the current object. */
void hd_add_weak(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* The map `locals`: an iseq's table of names beside the words they stand for. */
void hd_write_locals(struct hd_dump *dump, const ID *names, const VALUE *values, unsigned size);

#endif
