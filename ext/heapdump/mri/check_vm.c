/*
 * Checks of vm.c: finds the places where MRI keeps what the whole process holds.
 */
#include "mri/calibrate.h"
#include "mri/places.h"

#include <signal.h>

static const void *
find_vm(const struct known *known) {
    const void *vm = hd_vm_of_thread(known->thread);
    hd_vm_learn(vm);
    return vm;
}

bool
hd_check_vm_fields(const struct known *known) {
    const void *vm = find_vm(known);
    if (!vm) return false;
    int at = hd_places.vm_load_path = hd_find_word(vm, HD_VM_SEARCHED, known->load_path);
    return at > 0 && hd_read(vm, at - 8) == known->self &&
           hd_read(vm, at + 32) == known->loaded_features;
}

struct trap_search {
    VALUE handler;
    bool found;
};

static void
trap_i(const char *name, VALUE handler, void *data) {
    struct trap_search *search = data;
    if (strcmp(name, "EXIT") == 0 && handler == search->handler) search->found = true;
}

/*
 * The handler for the end of the process is replaced for a moment, which changes nothing in the
 * system. If the process ends in this moment, the handler that was there runs.
 */
static const char plant[] =
    "before = nil;"
    "handler = proc { |*signal| before.call(*signal) if before.respond_to?(:call) };"
    "before = Signal.trap('EXIT', handler);"
    "[handler, before]";

/* nil means that there was no handler; on Ruby 3.1 a process whose handler is nil exits with 1. */
static VALUE
restore(VALUE before) {
    if (NIL_P(before)) before = rb_str_new_cstr("DEFAULT");
    return rb_funcall(rb_path2class("Signal"), rb_intern("trap"), 2, rb_str_new_cstr("EXIT"),
                      before);
}

bool
hd_check_trap_handlers(const struct known *known) {
    const void *vm = find_vm(known);
    int state = 0;
    if (!vm) return false;
    VALUE planted = rb_eval_string_protect(plant, &state);
    if (state) {
        rb_set_errinfo(Qnil);
        return false;
    }
    struct trap_search search = {rb_ary_entry(planted, 0), false};
    hd_places.vm_traps = hd_find_word(vm, HD_VM_SEARCHED, search.handler);
    if (hd_places.vm_traps >= 0) hd_mri_each_trap_handler(trap_i, &search);
    rb_protect(restore, rb_ary_entry(planted, 1), &state);
    if (state) rb_set_errinfo(Qnil);
    return search.found && state == 0;
}

struct pinned_search {
    VALUE pinned;
    bool found;
};

static void
ref_i(VALUE ref, void *data) {
    struct pinned_search *search = data;
    search->found |= ref == search->pinned;
}

static void
pinned_i(VALUE pinned, bool is_list, void *data) {
    struct pinned_search *search = data;
    if (is_list && RB_BUILTIN_TYPE(pinned) == RUBY_T_DATA) {
        hd_mri_references(pinned, ref_i, search);
        if (search->found) hd_data_learn(HD_DATA_PIN_LIST, pinned);
    }
    else if (!is_list) ref_i(pinned, data);
}

static bool
may_be_mark_list(const struct known *known, VALUE v) {
    if (hd_is_type(&known->pages, v, RUBY_T_ARRAY)) return RBASIC_CLASS(v) == 0;
    if (!hd_is_type(&known->pages, v, RUBY_T_DATA)) return false;
    const char *name = hd_mri_data_struct(v);
    return name && strcmp(name, "VM/pin_array_list") == 0;
}

/* True if this word may point to an array of pinned objects; its size and its room follow. */
static bool
may_be_mark_array(const char *in, int at) {
    enum { WORD = sizeof(VALUE) };
    VALUE size = hd_read(in, at + WORD), room = hd_read(in, at + 2 * WORD);
    const void *list = hd_read_pointer(in, at);
    return hd_plausible(list) && size > 0 && size <= room && room <= 1 << 22 &&
           hd_is_readable(list, size * WORD);
}

/* Looks for the list in the struct to which this word of the VM points; in the VM itself for -1. */
static bool
find_mark_list(const struct known *known, const void *in, int size, int word) {
    hd_places.vm_main_ractor = word;
    const int behind = 2 * sizeof(VALUE); // what is read behind the first word of an array
    for (int at = 0; at < size && !hd_is_lost(); at += (int)sizeof(VALUE)) {
        unsigned unreadable = hd_unreadable;
        hd_places.pinned_are_counted = word >= 0 && at < size - behind && may_be_mark_array(in, at);
        hd_unreadable = unreadable; // many words are no pointers
        if (!hd_places.pinned_are_counted && !may_be_mark_list(known, hd_read(in, at))) continue;
        struct pinned_search search = {hd_heap_pinned(), false};
        hd_places.vm_mark_list = at;
        hd_mri_each_pinned(&known->pages, pinned_i, &search);
        if (search.found) return true;
    }
    return false;
}

/*
 * Since 4.1 each Ractor has such a list, which later became an array. The VM points to the main
 * Ractor before anything else does.
 */
bool
hd_check_pinned(const struct known *known) {
    const void *vm = find_vm(known);
    if (!vm) return false;
    if (find_mark_list(known, vm, HD_VM_SEARCHED, -1)) return true;
    if (NIL_P(known->ractor)) return false;
    const void *ractor = hd_mri_data_pointer(known->ractor);
    int word = hd_find_first_word(vm, HD_VM_SEARCHED, (VALUE)ractor);
    return word >= 0 && find_mark_list(known, ractor, HD_RACTOR_SEARCHED, word);
}

static VALUE registered = Qnil;

struct address_search {
    bool found;
};

static void
address_i(const VALUE *variable, void *data) {
    struct address_search *search = data;
    if (variable == &registered) search->found = true;
}

/* The offset of the word that points to a node for our variable; -1 if there is none. */
static int
find_list(const void *base, const VALUE *before, int size) {
    VALUE after[HD_MOST_SEARCHED / sizeof(VALUE)];
    hd_copy_carefully(after, base, (size_t)size);
    for (int at = 0; at < size; at += (int)sizeof(VALUE)) {
        VALUE word = after[at / (int)sizeof(VALUE)];
        const void *node = (const void *)word;
        if (word == before[at / (int)sizeof(VALUE)] || !hd_plausible(node)) continue;
        unsigned unreadable = hd_unreadable;
        bool found = hd_read_pointer(node, 0) == (const void *)&registered;
        hd_unreadable = unreadable; // many words are no pointers
        if (found) return at;
    }
    return -1;
}

/*
 * The same for a word that points to an array, if the next word is its size, which has grown by
 * one, and our variable is the last element.
 */
static int
find_array(const void *base, const VALUE *before, int size) {
    enum { WORD = sizeof(VALUE) };
    VALUE after[HD_MOST_SEARCHED / WORD];
    hd_copy_carefully(after, base, (size_t)size);
    for (int i = 0; i + 1 < size / WORD; i++) {
        const char *array = (const char *)after[i];
        VALUE count = after[i + 1];
        if (count != before[i + 1] + 1 || count == 0 || !hd_plausible(array)) continue;
        unsigned unreadable = hd_unreadable;
        const void *last = hd_read_pointer(array + (count - 1) * WORD, 0);
        hd_unreadable = unreadable; // many words are no pointers
        if (last == (const void *)&registered) return i * WORD;
    }
    return -1;
}

/*
 * Since 3.4 the VM has the list of registered variables, since 4.1 as an array; before that the
 * struct of the GC has it. The VM points to this struct behind its trap handlers.
 */
enum { POINTERS = 32, WORDS = HD_MOST_SEARCHED / sizeof(VALUE) };

bool
hd_check_addresses(const struct known *known) {
    static VALUE before[POINTERS + 1][WORDS];
    const void *structs[POINTERS + 1];
    const char *vm = find_vm(known);
    if (!vm) return false;
    int behind = hd_places.vm_traps + (int)sizeof(VALUE) * NSIG;
    unsigned unreadable = hd_unreadable;
    for (int i = 0; i <= POINTERS; i++) {
        structs[i] = i == POINTERS ? vm : hd_read_pointer(vm, behind + i * (int)sizeof(VALUE));
        int size = i == POINTERS ? HD_VM_SEARCHED : HD_GC_SEARCHED;
        if (!hd_plausible(structs[i])) continue;
        hd_unreadable = 0;
        hd_copy_carefully(before[i], structs[i], (size_t)size);
        if (hd_unreadable > 0) structs[i] = NULL;
    }
    hd_unreadable = unreadable;
    rb_gc_register_address(&registered);
    struct address_search search = {false};
    for (int i = POINTERS; i >= 0 && !search.found; i--) {
        if (!hd_plausible(structs[i])) continue;
        int size = i == POINTERS ? HD_VM_SEARCHED : HD_GC_SEARCHED;
        int at = find_list(structs[i], before[i], size);
        hd_places.addresses_are_counted = at < 0;
        if (at < 0) at = find_array(structs[i], before[i], size);
        if (at < 0) continue;
        hd_places.vm_addresses = at;
        hd_places.vm_gc = i == POINTERS ? -1 : behind + i * (int)sizeof(VALUE);
        hd_mri_each_address(address_i, &search);
    }
    return search.found;
}
