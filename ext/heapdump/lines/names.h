/*
 * Names of IDs and classes as JSON text. The text of a name is remembered, because the same few
 * hundred instance variables and classes stand in millions of lines.
 */
#ifndef HEAPDUMP_NAMES_H
#define HEAPDUMP_NAMES_H

#include <ruby.h>
#include <stdbool.h>

#include "base/table.h"
#include "out/json.h"

/* Powers of two. The functions below shift a hash so that as many bits are left. */
enum { HD_ID_SLOTS = 1 << 12, HD_CLASS_SLOTS = 1 << 10, HD_MEMBER_SLOTS = 1 << 8 };

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
    struct hd_table unusual; /* the unusual names in the current map, by a hash of their spelling */
};

void hd_names_free(struct hd_names *names);

static inline struct hd_id_name *
hd_id_slot(struct hd_names *names, ID id) {
    return &names->ids[hd_hash(id) >> 52];
}

/* Puts the name of an ID without quotes. Returns false and puts nothing if the ID has no name. */
bool hd_put_id(struct hd_sink *sink, struct hd_names *names, ID id);

void hd_forget_keys(struct hd_names *names);
/*
 * Call this before each map of names. Two names in different encodings may have the same spelling
 * in a dump; then only the first of them may stand in the map.
 */
static inline void
hd_begin_keys(struct hd_names *names) {
    if (names->unusual.size > 0) hd_forget_keys(names);
}

/* For hd_may_put_key and hd_put_key. An unusual name is left out if there is no memory for it. */
bool hd_may_put_new_key(struct hd_names *names, ID id);
bool hd_put_new_key(struct hd_sink *sink, struct hd_names *names, ID id);
void hd_put_new_class(struct hd_sink *sink, struct hd_class_name *slot, VALUE klass);

/* The remembered text of an ID; NULL if there is none. */
static inline const struct hd_id_name *
hd_known_id(struct hd_names *names, ID id) {
    const struct hd_id_name *slot = hd_id_slot(names, id);
    return slot->id == id && id != 0 ? slot : NULL;
}

/* Puts `"name":` from a remembered text. */
static inline void
hd_put_known_key(struct hd_sink *sink, const struct hd_id_name *known) {
    unsigned char *to = hd_sink_reserve(sink, sizeof known->text + 3);
    size_t length = known->length;
    *to++ = '"';
    memcpy(to, known->text, sizeof known->text);
    memcpy(to + length, "\":", 2);
    sink->pos = to + length + 2;
}

/*
 * True if hd_put_key would put the name. For callers that must know this before they put anything.
 */
static inline bool
hd_may_put_key(struct hd_names *names, ID id) {
    return hd_known_id(names, id) || hd_may_put_new_key(names, id);
}

/*
 * Puts `"name":`. Returns false and puts nothing if the ID has no name, or if a name with the same
 * spelling stands in this map already.
 */
static inline bool
hd_put_key(struct hd_sink *sink, struct hd_names *names, ID id) {
    const struct hd_id_name *known = hd_known_id(names, id);
    if (!known) return hd_put_new_key(sink, names, id);
    hd_put_known_key(sink, known);
    return true;
}

/* Puts the text of a String as a name with quotes (hd_put_quoted_name). */
void hd_put_string_name(struct hd_sink *sink, VALUE string);

/* Puts the fields `class` and `class_name` with their leading comma. */
static inline void
hd_put_class(struct hd_sink *sink, struct hd_names *names, VALUE klass) {
    struct hd_class_name *slot = &names->classes[hd_hash(klass) >> 54];
    if (slot->klass != klass) {
        hd_put_new_class(sink, slot, klass);
        return;
    }
    unsigned char *to = hd_sink_reserve(sink, sizeof slot->text);
    size_t length = slot->length;
    memcpy(to, slot->text, 64); // nearly always all of it
    if (length > 64) memcpy(to + 64, slot->text + 64, sizeof slot->text - 64);
    sink->pos = to + length;
}

/*
 * The name of a class; nil if it has none. A singleton or hidden class has the name of the first
 * superclass that is neither.
 */
VALUE hd_class_name(VALUE klass);

/* The member names of a Struct or Data class (an Array of Symbols), 0 if it has none. */
VALUE hd_struct_members(struct hd_names *names, VALUE klass);

#endif
