/*
 * Names as JSON text, kept ready: the same few hundred instance variables and classes stand in
 * millions of lines.
 */
#ifndef HEAPDUMP_NAMES_H
#define HEAPDUMP_NAMES_H

#include <ruby.h>
#include <stdbool.h>

#include "json.h"

enum { HD_ID_SLOTS = 4096, HD_CLASS_SLOTS = 1024, HD_MEMBER_SLOTS = 256 };

struct hd_names {
    struct hd_id_name {
        ID id;
        unsigned char length;
        char text[47]; /* escaped, without quotes */
    } ids[HD_ID_SLOTS];
    struct hd_class_name {
        VALUE klass;
        unsigned char length; /* 0: does not fit */
        char text[111];       /* ,"class":"0x…","class_name":"…" */
    } classes[HD_CLASS_SLOTS];
    struct hd_members {
        VALUE klass, list;
    } members[HD_MEMBER_SLOTS];
};

/* Puts the name of an ID without quotes; false (and nothing) for an ID that has none. */
bool hd_put_id(struct hd_sink *sink, struct hd_names *names, ID id);

/* Puts `"name":`; false (and nothing) for an ID that has no name. */
bool hd_put_key(struct hd_sink *sink, struct hd_names *names, ID id);

/* Puts the text of a String with quotes, by the rules for names. */
void hd_put_string_name(struct hd_sink *sink, VALUE string);

/* Puts the fields `class` and `class_name` with their leading comma. */
void hd_put_class(struct hd_sink *sink, struct hd_names *names, VALUE klass);

/* The name of a class, nil if it has none; singleton and hidden classes are skipped. */
VALUE hd_class_name(VALUE klass);

/* The member names of a Struct or Data class (an Array of Symbols), 0 if it has none. */
VALUE hd_struct_members(struct hd_names *names, VALUE klass);

#endif
