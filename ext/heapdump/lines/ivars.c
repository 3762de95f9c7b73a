/*
 * Instance variables; see ivars.h.
 */
#include "lines/ivars.h"

#include <string.h>

#include "lines/value.h"

/* The values of instance variables that have no name; Qundef for those that are not there. */
struct unnamed {
    VALUE values[HD_UNNAMED];
    bool any; /* hardly an object has some */
};

static void
begin_unnamed(struct unnamed *unnamed) {
    for (int i = 0; i < HD_UNNAMED; i++) unnamed->values[i] = RUBY_Qundef;
    unnamed->any = false;
}

/* False if it is not known what this instance variable is for. */
static bool
is_unnamed(struct unnamed *unnamed, ID id, VALUE value) {
    enum hd_unnamed found = hd_mri_unnamed(id);
    if (found == HD_UNNAMED) return false;
    unnamed->values[found] = value;
    unnamed->any = true;
    return true;
}

/* Writes them as fields. */
static void
write_unnamed(struct hd_dump *dump, const struct unnamed *unnamed) {
    if (!unnamed->any) return;
    hd_write_value(dump, HD_FIELD("receiver"), unnamed->values[HD_UNNAMED_RECEIVER]);
    hd_write_value(dump, HD_FIELD("iseq"), unnamed->values[HD_UNNAMED_ISEQ]);
    hd_write_value(dump, HD_FIELD("associated"), unnamed->values[HD_UNNAMED_ASSOCIATED]);
}

struct fields_search {
    VALUE of, found;
};

static void
fields_i(VALUE ref, void *data) {
    struct fields_search *search = data;
    if (hd_mri_is_fields_of(ref, search->of)) search->found = ref;
}

VALUE
hd_fields_of(struct hd_dump *dump, VALUE obj) {
    struct fields_search search = {obj, 0};
    if (hd_mri_keeps_fields_apart()) hd_refs_each_left(&dump->refs, fields_i, &search);
    return search.found;
}

struct ivar_walk {
    struct hd_dump *dump;
    struct unnamed unnamed;
    bool open;
};

static int
ivar_i(ID name, VALUE value, st_data_t arg) {
    struct ivar_walk *walk = (struct ivar_walk *)arg;
    struct hd_sink *out = &walk->dump->out;
    if (value == Qundef) return ST_CONTINUE;
    const struct hd_id_name *known = hd_known_id(walk->dump->names, name);
    if (!known && !hd_may_put_new_key(walk->dump->names, name)) {
        if (!is_unnamed(&walk->unnamed, name, value)) hd_refs_pass(&walk->dump->refs);
        return ST_CONTINUE;
    }
    if (!hd_take_value(walk->dump, value)) return ST_CONTINUE;
    if (!walk->open) HD_PUT(out, ",\"ivars\":{");
    walk->open = true;
    if (known) hd_put_known_key(out, known);
    else hd_put_new_key(out, walk->dump->names, name);
    hd_put_plain_value(walk->dump, value, ',');
    return ST_CONTINUE;
}

void
hd_write_ivars(struct hd_dump *dump, VALUE obj) {
    struct ivar_walk walk = {.dump = dump};
    begin_unnamed(&walk.unnamed);
    hd_begin_keys(dump->names);
    rb_ivar_foreach(obj, ivar_i, (st_data_t)&walk);
    if (walk.open) hd_json_close(&dump->out, '}');
    write_unnamed(dump, &walk.unnamed);
}

enum { IVARS, CLASS_VARIABLES };

struct variable_walk {
    struct hd_dump *dump;
    struct unnamed *unnamed;
    int wanted;
    bool open, singleton;
};

static int
kind_of(ID name) {
    VALUE string = rb_id2str(name);
    if (!RTEST(string)) return -1;
    const char *text = RSTRING_PTR(string);
    return RSTRING_LEN(string) > 1 && text[0] == '@' && text[1] == '@' ? CLASS_VARIABLES : IVARS;
}

/* To look up the ID of the text would make one where the program has none of it. */
static bool
is_attached(ID name) {
    static const char text[] = "__attached__";
    VALUE string = rb_id2str(name);
    return RTEST(string) && RSTRING_LEN(string) == sizeof text - 1 &&
           memcmp(RSTRING_PTR(string), text, sizeof text - 1) == 0;
}

static int
variable_i(ID name, VALUE value, st_data_t arg) {
    struct variable_walk *walk = (struct variable_walk *)arg;
    struct hd_dump *dump = walk->dump;
    if (value == Qundef || is_unnamed(walk->unnamed, name, value)) return ST_CONTINUE;
    if (kind_of(name) != walk->wanted) return ST_CONTINUE;
    // before Ruby 3.2 this instance variable holds the attached object, which has its own field
    if (walk->singleton && is_attached(name)) return ST_CONTINUE;
    if (!hd_may_put_key(dump->names, name) || !hd_take_value(dump, value)) return ST_CONTINUE;
    if (!walk->open) {
        if (walk->wanted == IVARS) HD_PUT(&dump->out, ",\"ivars\":{");
        else HD_PUT(&dump->out, ",\"class_variables\":{");
    }
    walk->open = true;
    hd_put_key(&dump->out, dump->names, name);
    hd_put_plain_value(dump, value, ',');
    return ST_CONTINUE;
}

void
hd_write_variables(struct hd_dump *dump, VALUE obj, bool singleton) {
    struct unnamed unnamed;
    begin_unnamed(&unnamed);
    for (int wanted = IVARS; wanted <= CLASS_VARIABLES; wanted++) {
        struct variable_walk walk = {dump, &unnamed, wanted, false, singleton};
        hd_begin_keys(dump->names);
        rb_ivar_foreach(obj, variable_i, (st_data_t)&walk);
        if (walk.open) hd_json_close(&dump->out, '}');
    }
    write_unnamed(dump, &unnamed);
}
