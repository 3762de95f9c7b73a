/*
 * OBJECT, and the instance variables of every type.
 */
#include "run/dump.h"

struct ivar_walk {
    struct hd_dump *dump;
    bool open;
};

static int
ivar_i(ID name, VALUE value, st_data_t arg) {
    struct ivar_walk *walk = (struct ivar_walk *)arg;
    struct hd_sink *out = &walk->dump->out;
    if (value == Qundef) return ST_CONTINUE;
    if (!hd_may_put_key(walk->dump->names, name)) {
        hd_refs_pass(&walk->dump->refs);
        return ST_CONTINUE;
    }
    if (!hd_take_value(walk->dump, value)) return ST_CONTINUE;
    if (!walk->open) HD_PUT(out, ",\"ivars\":{");
    walk->open = true;
    hd_put_key(out, walk->dump->names, name);
    hd_put_plain_value(walk->dump, value, ',');
    return ST_CONTINUE;
}

void
hd_write_ivars(struct hd_dump *dump, VALUE obj) {
    struct ivar_walk walk = {dump, false};
    hd_begin_keys(dump->names);
    rb_ivar_foreach(obj, ivar_i, (st_data_t)&walk);
    if (walk.open) hd_json_close(&dump->out, '}');
}

void
hd_write_object_fields(struct hd_dump *dump, VALUE obj) {
    hd_write_ivars(dump, obj);
    if (hd_mri_object_embedded(obj)) HD_PUT(&dump->out, ",\"embedded\":true");
}
