/*
 * Writes the ROOT lines; see roots.h.
 */
#include "lines/roots.h"

#include <string.h>

#include "base/libraries.h"
#include "lines/value.h"

void
hd_end_root(struct hd_dump *dump) {
    hd_sink_end_line(&dump->out);
    dump->tally->roots++;
}

struct root_walk {
    struct hd_dump *dump;
    const char *category; /* that of the references in dump->refs; NULL if there are none */
};

/* A list or map that begins with its first element. */
struct opened {
    struct hd_dump *dump;
    struct hd_field field;
    char bracket;
    bool open;
    struct hd_libraries *libraries;
};

static void
begin_element(struct opened *opened) {
    if (!opened->open) {
        hd_put_field(&opened->dump->out, opened->field);
        hd_put_char(&opened->dump->out, opened->bracket);
    }
    opened->open = true;
}

static void
end_elements(struct opened *opened) {
    if (opened->open) hd_json_close(&opened->dump->out, opened->bracket == '[' ? ']' : '}');
}

static bool
takes(struct hd_dump *dump, VALUE v) {
    return !RB_SPECIAL_CONST_P(v) && hd_refs_take(&dump->refs, v);
}

static void
trap_i(const char *name, VALUE handler, void *data) {
    struct opened *opened = data;
    struct hd_sink *out = &opened->dump->out;
    if (!takes(opened->dump, handler)) return;
    begin_element(opened);
    hd_put_char(out, '"');
    if (strcmp(name, "EXIT") != 0) HD_PUT(out, "SIG");
    hd_put_name(out, (const unsigned char *)name, strlen(name));
    HD_PUT(out, "\":");
    hd_put_plain_value(opened->dump, handler, ',');
}

static void
put_element(struct opened *opened, VALUE v) {
    if (!takes(opened->dump, v)) return;
    begin_element(opened);
    hd_put_plain_value(opened->dump, v, ',');
}

static void
pinned_i(VALUE v, bool is_list, void *data) {
    if (!is_list) put_element(data, v);
}

static void
pin_list_i(VALUE v, bool is_list, void *data) {
    if (is_list) put_element(data, v);
}

static void
address_i(const VALUE *variable, void *data) {
    struct opened *opened = data;
    char text[192];
    VALUE value = *variable;
    if (!takes(opened->dump, value)) return;
    hd_libraries_tell(opened->libraries, variable, text, sizeof text);
    begin_element(opened);
    hd_put_char(&opened->dump->out, '[');
    hd_put_quoted_name(&opened->dump->out, text, strlen(text));
    hd_put_char(&opened->dump->out, ',');
    hd_put_plain_value(opened->dump, value, ']');
    hd_put_char(&opened->dump->out, ',');
}

/* The variables of C that are registered. */
static void
write_addresses(struct hd_dump *dump) {
    struct hd_libraries libraries;
    struct opened list = {dump, HD_FIELD("addresses"), '[', false, &libraries};
    if (!hd_can(HD_CAN_ADDRESSES)) return;
    hd_libraries_read(&libraries);
    hd_mri_each_address(address_i, &list);
    end_elements(&list);
    hd_libraries_free(&libraries);
}

static bool
is_module(VALUE ref, VALUE unused) {
    int type = RB_BUILTIN_TYPE(ref);
    (void)unused;
    return type == RUBY_T_CLASS || type == RUBY_T_MODULE;
}

static void
write_trap_handlers(struct hd_dump *dump) {
    struct opened map = {dump, HD_FIELD("trap_handlers"), '{', false, NULL};
    if (!hd_can(HD_CAN_TRAP_HANDLERS)) return;
    hd_mri_each_trap_handler(trap_i, &map);
    end_elements(&map);
}

static void
write_pinned(struct hd_dump *dump) {
    struct opened lists = {dump, HD_FIELD("pinned_lists"), '[', false, NULL};
    struct opened pinned = {dump, HD_FIELD("pinned"), '[', false, NULL};
    if (!hd_can(HD_CAN_PINNED)) return;
    hd_mri_each_pinned(&dump->pages, pin_list_i, &lists);
    end_elements(&lists);
    hd_mri_each_pinned(&dump->pages, pinned_i, &pinned);
    end_elements(&pinned);
}

static void
write_vm(struct hd_dump *dump) {
    write_trap_handlers(dump);
    if (hd_can(HD_CAN_TRAP_HANDLERS)) {
        hd_mri_each_program_name(&dump->pages, hd_write_part, dump);
    }
    if (hd_can(HD_CAN_VM_FIELDS)) hd_mri_each_vm_field(hd_write_part, dump);
    write_pinned(dump);
    if (hd_mri_addresses_are_of_vm()) write_addresses(dump);
    hd_write_data_left(dump, HD_FIELD("ractors"), HD_DATA_RACTOR);
    hd_write_imemos_left(dump, HD_FIELD("call_caches"), HD_IMEMO_CALLCACHE);
    hd_write_imemos_left(dump, HD_FIELD("method_entries"), HD_IMEMO_MENT);
    // MRI holds each module that C code has defined
    hd_write_all_left(dump, HD_FIELD("modules"), is_module, 0);
}

static void
left_i(VALUE ref, void *data) {
    hd_put_plain_value(data, ref, ',');
}

/* What has a name of all that this root holds. */
static void
write_names(struct hd_dump *dump, const char *category) {
    static const struct {
        const char *category;
        void (*write)(struct hd_dump *);
    } writers[] = {
        {"vm", write_vm},
        {"global_list", write_addresses},
        // since 4.1
        {"registered_globals", write_addresses},
        {"trap_list", write_trap_handlers},
        {"ractor", write_pinned},
    };
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        if (strcmp(category, writers[i].category) == 0) writers[i].write(dump);
    }
}

/* Writes the references that have been collected, as one line. */
static void
write_line(struct root_walk *walk) {
    struct hd_dump *dump = walk->dump;
    struct hd_sink *out = &dump->out;
    if (!walk->category) return;
    HD_PUT(out, "{\"type\":\"ROOT\",\"root\":");
    hd_put_quoted_name(out, walk->category, strlen(walk->category));
    write_names(dump, walk->category);
    HD_PUT(out, ",\"references\":[");
    hd_refs_each_left(&dump->refs, left_i, dump);
    hd_json_close(out, ']');
    HD_PUT(out, "}\n");
    hd_end_root(dump);
    walk->category = NULL;
}

static void
root_i(const char *category, VALUE ref, void *data) {
    struct root_walk *walk = data;
    struct hd_refs *refs = &walk->dump->refs;
    bool more = walk->category && strcmp(walk->category, category) == 0;
    if (more && hd_refs_add(refs, ref)) return;
    write_line(walk); // a category may have several lines
    walk->category = category;
    hd_refs_begin(refs);
    hd_refs_add(refs, ref);
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
    write_line(&walk);
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
