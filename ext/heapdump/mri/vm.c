/*
 * What MRI holds for the whole process: see mri.h. The places are found by check_vm.c.
 */
#include "mri/places.h"

#include <signal.h>

static const void *vm;

void
hd_vm_learn(const void *found) {
    vm = found;
}

const void *
hd_vm(void) {
    return vm;
}

const void *
hd_vm_of_thread(VALUE thread) {
    const void *body = hd_mri_data_pointer(thread);
    if (!hd_plausible(body) || hd_read(body, HD_THREAD_SELF) != thread) return NULL;
    const void *found = hd_read_pointer(body, HD_THREAD_VM);
    return hd_plausible(found) ? found : NULL;
}

void
hd_mri_each_vm_field(hd_part_fn *fn, void *data) {
    static const struct {
        struct hd_field field;
        int behind_load_path;
    } fields[] = {
        {HD_FIELD_INIT("top_self"), -8},
        {HD_FIELD_INIT("load_path"), 0},
        {HD_FIELD_INIT("load_path_snapshot"), 8},
        {HD_FIELD_INIT("load_path_check_cache"), 16},
        {HD_FIELD_INIT("expanded_load_path"), 24},
        {HD_FIELD_INIT("loaded_features"), 32},
        {HD_FIELD_INIT("loaded_features_snapshot"), 40},
        {HD_FIELD_INIT("loaded_features_realpaths"), 48},
        {HD_FIELD_INIT("loaded_features_realpath_map"), 56},
    };
    const char *at = (const char *)vm + hd_places.vm_load_path;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        fn(fields[i].field, hd_read(at, fields[i].behind_load_path), data);
    }
    fn(HD_FIELD("self"), hd_read(vm, 0), data);
}

/* The two words are the only strings of the VM that MRI marks behind the handlers. */
void
hd_mri_each_program_name(const struct hd_pages *pages, hd_part_fn *fn, void *data) {
    enum { FROM = NSIG * sizeof(VALUE), TO = FROM + 160 };
    const char *at = (const char *)vm + hd_places.vm_traps;
    for (int i = FROM; i < (int)TO; i += (int)sizeof(VALUE)) {
        VALUE first = hd_read(at, i), second = hd_read(at, i + (int)sizeof(VALUE));
        if (!hd_is_type(pages, first, RUBY_T_STRING) || !hd_is_type(pages, second, RUBY_T_STRING))
            continue;
        fn(HD_FIELD("first_program_name"), first, data);
        fn(HD_FIELD("program_name"), second, data);
        return;
    }
}

void
hd_mri_each_trap_handler(void (*fn)(const char *, VALUE, void *), void *data) {
    const char *at = (const char *)vm + hd_places.vm_traps;
    for (int number = 0; number < NSIG; number++) {
        VALUE handler = hd_read(at, number * (int)sizeof(VALUE));
        const char *name = ruby_signal_name(number);
        if (name && !RB_SPECIAL_CONST_P(handler)) fn(name, handler, data);
    }
}

/* The struct to which a word of the VM points; the VM itself for -1. */
static const void *
struct_at(int word) {
    return word < 0 ? vm : hd_read_pointer(vm, word);
}

enum { MOST_WORDS = 1 << 22 };

/* An array to which a word of a struct points, and behind which its size is; NULL if it is none. */
static const void *
counted_array(const void *in, int word, int *size) {
    const void *list = hd_read_pointer(in, word);
    VALUE count = hd_read(in, word + (int)sizeof(VALUE));
    if (!hd_plausible(list) || count > MOST_WORDS) return NULL;
    *size = (int)count;
    return list;
}

static void
each_pinned_of_array(const void *in, void (*fn)(VALUE, bool, void *), void *data) {
    int size;
    const void *list = counted_array(in, hd_places.vm_mark_list, &size);
    for (int i = 0; list && i < size && !hd_is_lost(); i++) {
        fn(hd_read(list, i * (int)sizeof(VALUE)), false, data);
    }
}

void
hd_mri_each_pinned(const struct hd_pages *pages, void (*fn)(VALUE, bool, void *), void *data) {
    const void *in = struct_at(hd_places.vm_main_ractor);
    if (!hd_plausible(in)) return;
    if (hd_places.pinned_are_counted) {
        each_pinned_of_array(in, fn, data);
        return;
    }
    VALUE lists = hd_read(in, hd_places.vm_mark_list);
    fn(lists, true, data);
    if (!hd_is_type(pages, lists, RUBY_T_ARRAY)) return;
    const VALUE *list = hd_mri_array_elements(lists);
    for (long i = 0; list && i < RARRAY_LEN(lists); i++) {
        VALUE inner = hd_read(list + i, 0);
        if (!hd_is_type(pages, inner, RUBY_T_ARRAY)) continue;
        fn(inner, true, data);
        const VALUE *pinned = hd_mri_array_elements(inner);
        for (long j = 0; pinned && j < RARRAY_LEN(inner); j++) {
            fn(hd_read(pinned + j, 0), false, data);
        }
    }
}

bool
hd_mri_addresses_are_of_vm(void) {
    return hd_places.vm_gc < 0;
}

static void
each_address_of_array(const void *in, void (*fn)(const VALUE *, void *), void *data) {
    int size;
    const void *list = counted_array(in, hd_places.vm_addresses, &size);
    for (int i = list ? size - 1 : -1; i >= 0 && !hd_is_lost(); i--) {
        const VALUE *variable = hd_read_pointer(list, i * (int)sizeof(VALUE));
        if (hd_plausible(variable)) fn(variable, data);
    }
}

void
hd_mri_each_address(void (*fn)(const VALUE *, void *), void *data) {
    const void *in = struct_at(hd_places.vm_gc);
    if (!hd_plausible(in)) return;
    if (hd_places.addresses_are_counted) {
        each_address_of_array(in, fn, data);
        return;
    }
    const void *node = hd_read_pointer(in, hd_places.vm_addresses);
    for (int i = 0; i < MOST_WORDS && hd_plausible(node) && !hd_is_lost(); i++) {
        const VALUE *variable = hd_read_pointer(node, 0);
        if (hd_plausible(variable)) fn(variable, data);
        node = hd_read_pointer(node, sizeof(VALUE));
    }
}
