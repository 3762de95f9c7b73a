/*
 * Names as JSON text, kept ready: the same few hundred instance variables and classes stand in
 * millions of lines.
 */
#ifndef HEAPDUMP_NAMES_H
#define HEAPDUMP_NAMES_H

#include <ruby.h>
#include <stdbool.h>

#include "base/table.h"
#include "out/json.h"

/* Powers of two: the number of bits that a hash is shifted to below. */
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
    struct hd_table unusual; /* those of the map that is being written, by how they are spelled */
};

void hd_names_free(struct hd_names *names);

static inline struct hd_id_name *
hd_id_slot(struct hd_names *names, ID id) {
    return &names->ids[hd_hash(id) >> 52];
}

/* Puts the name of an ID without quotes; false (and nothing) for an ID that has none. */
bool hd_put_id(struct hd_sink *sink, struct hd_names *names, ID id);

void hd_forget_keys(struct hd_names *names);
/*
 * Before each map of names: names in two encodings may be spelled alike, and then only the first of
 * them may stand in it.
 */
static inline void
hd_begin_keys(struct hd_names *names) {
    if (names->unusual.size > 0) hd_forget_keys(names);
}

/* An unusual name that there is no memory for is left out. */
bool hd_may_put_new_key(struct hd_names *names, ID id);
bool hd_put_new_key(struct hd_sink *sink, struct hd_names *names, ID id);
void hd_put_new_class(struct hd_sink *sink, struct hd_class_name *slot, VALUE klass);

/* Whether hd_put_key will put something: for who has to decide before. */
static inline bool
hd_may_put_key(struct hd_names *names, ID id) {
    return (id != 0 && hd_id_slot(names, id)->id == id) || hd_may_put_new_key(names, id);
}

/*
 * Puts `"name":`; false (and nothing) for an ID that has no name, or one that is spelled like
 * another of this map.
 */
static inline bool
hd_put_key(struct hd_sink *sink, struct hd_names *names, ID id) {
    const struct hd_id_name *slot = hd_id_slot(names, id);
    if (slot->id != id || id == 0) return hd_put_new_key(sink, names, id);
    unsigned char *to = hd_sink_reserve(sink, sizeof slot->text + 3);
    size_t length = slot->length;
    *to++ = '"';
    memcpy(to, slot->text, sizeof slot->text);
    memcpy(to + length, "\":", 2);
    sink->pos = to + length + 2;
    return true;
}

/* Puts the text of a String with quotes, by the rules for names. */
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

/* The name of a class, nil if it has none; singleton and hidden classes are skipped. */
VALUE hd_class_name(VALUE klass);

/* The member names of a Struct or Data class (an Array of Symbols), 0 if it has none. */
VALUE hd_struct_members(struct hd_names *names, VALUE klass);

#endif
