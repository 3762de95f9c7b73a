/*
 * Writes the ROOT lines; see roots.h.
 */
#include "lines/roots.h"

#include <string.h>

#include "lines/value.h"

void
hd_end_root(struct hd_dump *dump) {
    hd_sink_end_line(&dump->out);
    dump->tally->roots++;
}

struct root_walk {
    struct hd_dump *dump;
    const char *category; /* that of the line that has begun; NULL if none has */
};

static void
close_line(struct root_walk *walk) {
    if (!walk->category) return;
    hd_json_close(&walk->dump->out, ']');
    HD_PUT(&walk->dump->out, "}\n");
    hd_end_root(walk->dump);
    walk->category = NULL;
}

static void
root_i(const char *category, VALUE ref, void *data) {
    struct root_walk *walk = data;
    struct hd_sink *out = &walk->dump->out;
    if (!walk->category || strcmp(walk->category, category) != 0) {
        close_line(walk);
        walk->category = category;
        HD_PUT(out, "{\"type\":\"ROOT\",\"root\":");
        hd_put_quoted_name(out, category, strlen(category));
        HD_PUT(out, ",\"references\":[");
    }
    hd_put_address(out, ref);
    hd_put_char(out, ',');
}

static void
write_globals(struct hd_dump *dump) {
    struct hd_sink *out = &dump->out;
    HD_PUT(out, "{\"type\":\"ROOT\",\"root\":\"global_variables\",\"variables\":{");
    hd_begin_keys(dump->names);
    for (size_t i = 0; i < dump->context->globals_size; i++) {
        const struct hd_global *global = &dump->context->globals[i];
        if (!hd_put_key(out, dump->names, global->name)) continue;
        hd_put_plain_value(dump, global->value, ',');
    }
    hd_json_close(out, '}');
    HD_PUT(out, "}\n");
    hd_end_root(dump);
}

void
hd_write_roots(struct hd_dump *dump) {
    struct root_walk walk = {dump, NULL};
    hd_mri_roots(root_i, &walk);
    close_line(&walk);
    write_globals(dump);
}

void
hd_write_found_roots(struct hd_dump *dump) {
    struct hd_sink *out = &dump->out;
    if (dump->finalizers.found == 0) return;
    HD_PUT(out, "{\"type\":\"ROOT\",\"root\":\"finalizers\",\"references\":[");
    for (size_t i = 0; i < dump->finalizers.found; i++) {
        hd_put_address(out, dump->finalizers.tables[i]);
        hd_put_char(out, ',');
    }
    hd_json_close(out, ']');
    HD_PUT(out, "}\n");
    hd_end_root(dump);
}
