/*
 * Writers of CLASS, MODULE and ICLASS. MRI is not asked for methods: they are found among the
 * references that it marks.
 */
#include "lines/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "lines/ivars.h"
#include "lines/value.h"

struct constant_walk {
    struct hd_dump *dump;
    enum { CONSTANTS, AUTOLOAD, LOCATIONS } part;
    bool open;
    VALUE *files; /* owned; those for which there is no memory have no name */
    size_t files_size, files_capacity;
};

static void
note_file(struct constant_walk *walk, VALUE file) {
    VALUE *files = hd_list_room(walk->files, walk->files_size, &walk->files_capacity,
                                sizeof *files);
    if (!files) return;
    walk->files = files;
    if (hd_refs_take_left(&walk->dump->refs, file)) walk->files[walk->files_size++] = file;
}

static void
constant_i(const struct hd_constant *constant, void *data) {
    static const char *const fields[] = {",\"constants\":{", ",\"autoload\":[",
                                         ",\"constant_locations\":{"};
    struct constant_walk *walk = data;
    struct hd_dump *dump = walk->dump;
    struct hd_sink *out = &dump->out;
    bool autoload = constant->value == Qundef;
    if (walk->part == LOCATIONS && constant->file) note_file(walk, constant->file);
    if (!hd_may_put_key(dump->names, constant->name)) return;
    if (walk->part == CONSTANTS && (autoload || !hd_take_value(dump, constant->value))) return;
    if (walk->part == AUTOLOAD && !autoload) return;
    if (walk->part == LOCATIONS && !constant->file) return;
    if (!walk->open) hd_put_bytes(out, fields[walk->part], strlen(fields[walk->part]));
    walk->open = true;
    if (walk->part == AUTOLOAD) {
        hd_put_char(out, '"');
        hd_put_id(out, dump->names, constant->name);
        HD_PUT(out, "\",");
        return;
    }
    hd_put_key(out, dump->names, constant->name);
    if (walk->part == LOCATIONS) {
        hd_put_char(out, '"');
        hd_put_name(out, (unsigned char *)RSTRING_PTR(constant->file),
                    (size_t)RSTRING_LEN(constant->file));
        hd_put_char(out, ':');
        hd_put_u64(out, (uint64_t)constant->line);
        HD_PUT(out, "\",");
    }
    else {
        hd_put_plain_value(dump, constant->value, ',');
    }
}

static void
write_constants(struct hd_dump *dump, VALUE obj) {
    static const char brackets[] = {'}', ']', '}'};
    struct constant_walk walk = {.dump = dump};
    for (int part = CONSTANTS; part <= LOCATIONS; part++) {
        walk.part = part;
        walk.open = false;
        hd_begin_keys(dump->names);
        hd_mri_each_constant(&dump->pages, obj, constant_i, &walk);
        if (walk.open) hd_json_close(&dump->out, brackets[part]);
    }
    if (walk.files_size > 0) HD_PUT(&dump->out, ",\"constant_files\":[");
    for (size_t i = 0; i < walk.files_size; i++) {
        hd_put_address(&dump->out, walk.files[i]);
        hd_put_char(&dump->out, ',');
    }
    if (walk.files_size > 0) hd_json_close(&dump->out, ']');
    free(walk.files);
}

struct method {
    ID name;
    VALUE entry;
};

struct method_list {
    struct hd_dump *dump;
    VALUE owner;
    struct method *list; /* owned; methods for which there is no memory have no names */
    size_t size, capacity;
};

static void
method_i(VALUE ref, void *data) {
    struct method_list *methods = data;
    ID name = hd_mri_method_name(ref, methods->owner);
    if (!name || !RTEST(rb_id2str(name))) return;
    struct method *list = hd_list_room(methods->list, methods->size, &methods->capacity,
                                       sizeof *list);
    if (!list) return;
    methods->list = list;
    methods->list[methods->size++] = (struct method){name, ref};
}

static int
by_name(const void *a, const void *b) {
    const struct method *x = a, *y = b;
    if (x->name != y->name) return x->name < y->name ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* Writes the methods of `owner` that are among the references that are left. */
static void
write_methods(struct hd_dump *dump, VALUE owner) {
    struct method_list methods = {.dump = dump, .owner = owner};
    hd_refs_each_left(&dump->refs, method_i, &methods);
    if (methods.size == 0) return;
    qsort(methods.list, methods.size, sizeof *methods.list, by_name);
    HD_PUT(&dump->out, ",\"methods\":{");
    hd_begin_keys(dump->names);
    for (size_t i = 0; i < methods.size; i++) {
        if (i > 0 && methods.list[i].name == methods.list[i - 1].name) continue;
        if (!hd_put_key(&dump->out, dump->names, methods.list[i].name)) continue;
        hd_put_value(dump, methods.list[i].entry, ',');
    }
    hd_json_close(&dump->out, '}');
    free(methods.list);
}

/* Ruby >= 4.0 has caches of methods and of class variables in objects of their own. */
static void
table_i(VALUE ref, void *data) {
    const char *name = RB_BUILTIN_TYPE(ref) == RUBY_T_DATA ? hd_mri_data_struct(ref) : NULL;
    if (!name) return;
    if (strcmp(name, HD_METHOD_CACHE) == 0) hd_write_held(data, HD_FIELD("method_cache"), ref);
    else if (strcmp(name, "VM/marked_id_table") == 0)
        hd_write_held(data, HD_FIELD("class_variable_cache"), ref);
}

/*
 * What classes, modules and ICLASSes hold besides: by its kind, since nothing else in them has
 * these kinds. Methods that are not their own are results of searching a method, as are call
 * caches. What is cached of class variables is where the code that reads them is written.
 */
static void
write_caches(struct hd_dump *dump) {
    if (!hd_mri_is_known()) return;
    hd_write_imemos_left(dump, HD_FIELD("call_caches"), HD_IMEMO_CALLCACHE);
    hd_write_imemos_left(dump, HD_FIELD("call_infos"), HD_IMEMO_CALLINFO);
    if (hd_can(HD_CAN_METHOD_ENTRY))
        hd_write_imemos_left(dump, HD_FIELD("cached_methods"), HD_IMEMO_MENT);
    hd_write_imemos_left(dump, HD_FIELD("class_variable_caches"), HD_IMEMO_CREF);
    hd_refs_each_left(&dump->refs, table_i, dump);
}

void
hd_write_module(struct hd_dump *dump, VALUE obj) {
    VALUE name = rb_mod_name(obj);
    hd_write_name(dump, HD_FIELD("name"), name);
    bool singleton = hd_can(HD_CAN_SINGLETONS) && hd_mri_is_singleton(obj);
    if (singleton) {
        HD_PUT(&dump->out, ",\"singleton\":true");
        hd_write_ref(dump, HD_FIELD("attached"), hd_mri_attached(obj));
    }
    hd_write_ref(dump, HD_FIELD("superclass"), rb_class_get_superclass(obj));
    if (!hd_mri_keeps_fields_apart()) hd_write_variables(dump, obj, singleton);
    if (hd_can(HD_CAN_CONSTANTS)) write_constants(dump, obj);
    if (hd_can(HD_CAN_METHOD_ENTRY)) write_methods(dump, obj);
    hd_write_left(dump, HD_FIELD("classpath"), name);
    write_caches(dump);
}

struct includer_search {
    struct hd_dump *dump;
    VALUE found;
};

static void
includer_i(VALUE ref, void *data) {
    struct includer_search *search = data;
    int type = RB_BUILTIN_TYPE(ref);
    // it is an ICLASS if the module is included into one to which another module was prepended
    bool may = type == RUBY_T_CLASS || type == RUBY_T_MODULE || type == RUBY_T_ICLASS;
    if (may && !search->found) search->found = ref;
}

void
hd_write_iclass(struct hd_dump *dump, VALUE obj) {
    hd_write_ref(dump, HD_FIELD("module"), RBASIC_CLASS(obj));
    hd_write_ref(dump, HD_FIELD("superclass"), rb_class_get_superclass(obj));
    // all references that are left now are methods, caches, or the class that includes the module
    struct includer_search search = {dump, 0};
    hd_refs_each_left(&dump->refs, includer_i, &search);
    hd_write_ref(dump, HD_FIELD("includer"), search.found);
    // a class to which modules are prepended has its methods here
    if (hd_can(HD_CAN_METHOD_ENTRY)) write_methods(dump, RBASIC_CLASS(obj));
    write_caches(dump);
}
