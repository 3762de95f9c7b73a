/*
 * Writers of DATA and FILE, which are objects of C types. MRI's own types that hold other objects
 * have fields for them.
 */
#include "lines/writers.h"

#include <string.h>

#include "lines/value.h"

static void
write_block(struct hd_dump *dump, VALUE obj) {
    struct hd_block block;
    struct hd_code code;
    if (!hd_can(HD_CAN_PROC) || !hd_mri_block(&dump->pages, obj, &block)) return;
    if (block.lambda) HD_PUT(&dump->out, ",\"lambda\":true");
    if (block.from_method) HD_PUT(&dump->out, ",\"from_method\":true");
    switch (block.type) {
    case HD_BLOCK_ISEQ:
        if (hd_can(HD_CAN_ISEQ) && hd_mri_is_iseq(&dump->pages, block.code) &&
            hd_mri_code(&dump->pages, block.code, &code)) {
            hd_write_place(dump, &code);
            HD_PUT(&dump->out, ",\"line\":");
            hd_put_i64(&dump->out, code.line);
        }
        hd_write_ref(dump, HD_FIELD("iseq"), block.code);
        break;
    case HD_BLOCK_IFUNC:
        hd_write_ref(dump, HD_FIELD("ifunc"), block.code);
        break;
    case HD_BLOCK_SYMBOL:
        hd_write_value(dump, HD_FIELD("symbol"), block.code);
        return;
    case HD_BLOCK_PROC:
        hd_write_ref(dump, HD_FIELD("proc"), block.code);
        return;
    }
    hd_write_ref(dump, HD_FIELD("env"), block.env);
    hd_write_value(dump, HD_FIELD("self"), block.self);
}

struct entry_search {
    struct hd_dump *dump;
    VALUE found;
};

static void
entry_i(VALUE ref, void *data) {
    struct entry_search *search = data;
    if (!search->found && hd_mri_is_method_entry(&search->dump->pages, ref)) search->found = ref;
}

static void
write_method(struct hd_dump *dump, VALUE obj) {
    struct hd_method_entry entry;
    if (!hd_can(HD_CAN_METHOD_ENTRY)) return;
    hd_write_value(dump, HD_FIELD("receiver"), hd_mri_method_receiver(obj));
    struct entry_search search = {dump, 0};
    hd_refs_each_left(&dump->refs, entry_i, &search);
    if (!search.found || !hd_mri_method_entry(&dump->pages, search.found, &entry)) return;
    hd_write_ref(dump, HD_FIELD("entry"), search.found);
    hd_write_ref(dump, HD_FIELD("owner"), entry.owner);
    hd_write_id(dump, HD_FIELD("method"), entry.called);
}

static void
write_enumerator(struct hd_dump *dump, VALUE obj) {
    struct hd_enumerator enumerator;
    if (!hd_can(HD_CAN_PROC)) return;
    hd_mri_enumerator(obj, &enumerator);
    hd_write_value(dump, HD_FIELD("receiver"), enumerator.receiver);
    hd_write_id(dump, HD_FIELD("method"), enumerator.method);
    hd_write_ref(dump, HD_FIELD("args"), enumerator.args);
}

static int
element_i(VALUE element, VALUE arg) {
    struct hd_dump *dump = (struct hd_dump *)arg;
    if (hd_take_value(dump, element)) hd_put_plain_value(dump, element, ',');
    return ST_CONTINUE;
}

static void
write_set(struct hd_dump *dump, VALUE obj) {
    if (!hd_can(HD_CAN_SET)) return;
    HD_PUT(&dump->out, ",\"elements\":[");
    hd_mri_set_each(obj, element_i, (VALUE)dump);
    hd_json_close(&dump->out, ']');
}

static int
weak_pair_i(VALUE key, VALUE value, void *data) {
    struct hd_dump *dump = data;
    hd_put_char(&dump->out, '[');
    hd_put_plain_value(dump, key, ',');
    hd_put_plain_value(dump, value, ']');
    hd_put_char(&dump->out, ',');
    return ST_CONTINUE;
}

static int
weak_key_i(VALUE key, VALUE value, void *data) {
    struct hd_dump *dump = data;
    (void)value;
    hd_put_plain_value(dump, key, ',');
    return ST_CONTINUE;
}

static int
held_value_i(VALUE key, VALUE value, void *data) {
    (void)key;
    return element_i(value, (VALUE)data);
}

static void
write_weak_map(struct hd_dump *dump, VALUE obj) {
    if (!hd_can(HD_CAN_WEAK)) return;
    HD_PUT(&dump->out, ",\"weak\":[");
    hd_mri_weak_each(&dump->pages, obj, HD_DATA_WEAK_MAP, weak_pair_i, dump);
    hd_json_close(&dump->out, ']');
}

static void
write_weak_key_map(struct hd_dump *dump, VALUE obj) {
    if (!hd_can(HD_CAN_WEAK)) return;
    HD_PUT(&dump->out, ",\"weak\":[");
    hd_mri_weak_each(&dump->pages, obj, HD_DATA_WEAK_KEY_MAP, weak_key_i, dump);
    hd_json_close(&dump->out, ']');
    HD_PUT(&dump->out, ",\"values\":[");
    hd_mri_weak_each(&dump->pages, obj, HD_DATA_WEAK_KEY_MAP, held_value_i, dump);
    hd_json_close(&dump->out, ']');
}

/* A trace point holds one proc, its block. */
static void
traced_i(VALUE ref, void *data) {
    if (hd_mri_is_data(ref, HD_DATA_PROC)) hd_write_held(data, HD_FIELD("proc"), ref);
}

static void
pinned_i(VALUE ref, void *data) {
    struct hd_dump *dump = data;
    if (!hd_mri_is_data(ref, HD_DATA_PIN_LIST)) hd_put_value(dump, ref, ',');
}

static void
next_list_i(VALUE ref, void *data) {
    if (hd_mri_is_data(ref, HD_DATA_PIN_LIST)) hd_write_held(data, HD_FIELD("next"), ref);
}

/* A list of pinned objects holds them and the next list, nothing else. */
static void
write_pin_list(struct hd_dump *dump, VALUE obj) {
    (void)obj;
    HD_PUT(&dump->out, ",\"pinned\":[");
    hd_refs_each_left(&dump->refs, pinned_i, dump);
    hd_json_close(&dump->out, ']');
    hd_refs_each_left(&dump->refs, next_list_i, dump);
}

static bool
is_symbol_or_text(VALUE ref, VALUE data) {
    (void)data;
    return RB_BUILTIN_TYPE(ref) == RUBY_T_SYMBOL || RB_BUILTIN_TYPE(ref) == RUBY_T_STRING;
}

static bool
is_any_data(VALUE ref, VALUE data) {
    (void)data;
    return RB_BUILTIN_TYPE(ref) == RUBY_T_DATA;
}

/* MRI's own tables, by the names of their C types. Such a table holds nothing but these kinds. */
static void
write_table(struct hd_dump *dump, const char *name) {
    if (!name || !hd_mri_is_known()) return;
    if (strcmp(name, HD_METHOD_CACHE) == 0) {
        hd_write_imemos_left(dump, HD_FIELD("call_caches"), HD_IMEMO_CALLCACHE);
        hd_write_imemos_left(dump, HD_FIELD("cached_methods"), HD_IMEMO_MENT);
    }
    else if (strcmp(name, "symbol_id_entry_list") == 0) { // since Ruby 4.1
        hd_write_all_left(dump, HD_FIELD("symbols"), is_symbol_or_text, 0);
    }
    else if (strcmp(name, "symbol_id_entry_directory") == 0) {
        hd_write_all_left(dump, HD_FIELD("lists"), is_any_data, 0);
    }
}

void
hd_write_data(struct hd_dump *dump, VALUE obj) {
    const char *name = hd_mri_data_struct(obj);
    hd_write_word(dump, HD_FIELD("struct"), name);
    switch (hd_mri_data_kind(obj)) {
    case HD_DATA_PROC:
    case HD_DATA_BINDING:
        write_block(dump, obj);
        break;
    case HD_DATA_METHOD:
        write_method(dump, obj);
        break;
    case HD_DATA_THREAD:
        hd_write_thread(dump, obj);
        break;
    case HD_DATA_FIBER:
        hd_write_fiber(dump, obj);
        break;
    case HD_DATA_TRACEPOINT:
        hd_refs_each_left(&dump->refs, traced_i, dump);
        break;
    case HD_DATA_RACTOR:
        hd_write_ractor(dump, obj);
        break;
    case HD_DATA_PIN_LIST:
        write_pin_list(dump, obj);
        break;
    case HD_DATA_ENUMERATOR:
        write_enumerator(dump, obj);
        break;
    case HD_DATA_SET:
        write_set(dump, obj);
        break;
    case HD_DATA_WEAK_MAP:
        write_weak_map(dump, obj);
        break;
    case HD_DATA_WEAK_KEY_MAP:
        write_weak_key_map(dump, obj);
        break;
    default:
        write_table(dump, name);
        break;
    }
}

void
hd_write_file(struct hd_dump *dump, VALUE obj) {
    struct hd_file file;
    if (!hd_mri_file(obj, &file)) return;
    if (file.fd >= 0) {
        hd_put_number(&dump->out, HD_FIELD("fd"), (uint64_t)file.fd);
    }
    if (RTEST(file.path) && hd_pages_have_object(&dump->pages, file.path)) {
        hd_write_name(dump, HD_FIELD("path"), file.path);
    }
}
