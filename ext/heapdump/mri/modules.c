/*
 * Reads the constants of a module. Autoloads none of them.
 */
#include "mri/internal.h"

struct constant_walk {
    const struct hd_pages *pages;
    void (*fn)(const struct hd_constant *, void *);
    void *data;
};

static int
constant_i(st_data_t key, st_data_t value, st_data_t arg) {
    const struct constant_walk *walk = (const struct constant_walk *)arg;
    const void *entry = (const void *)value;
    VALUE file = hd_read(entry, HD_CONSTANT_FILE);
    struct hd_constant constant = {
        .name = (ID)key,
        .value = hd_read(entry, HD_CONSTANT_VALUE),
        .file = hd_is_type(walk->pages, file, RUBY_T_STRING) ? file : 0,
        .line = (int)hd_read_u32(entry, HD_CONSTANT_LINE),
    };
    walk->fn(&constant, walk->data);
    return ST_CONTINUE;
}

void
hd_mri_each_constant(const struct hd_pages *pages, VALUE module,
                     void (*fn)(const struct hd_constant *, void *), void *data) {
    st_table *table = rb_mod_const_at(module, NULL); // a new table, allocated with malloc
    if (!table) return;
    struct constant_walk walk = {pages, fn, data};
    st_foreach(table, constant_i, (st_data_t)&walk);
    st_free_table(table);
}
