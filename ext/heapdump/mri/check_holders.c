/*
 * Checks of holders.c: finds the places where threads, fibers and ractors keep known values.
 */
#include "mri/calibrate.h"
#include "mri/places.h"

static int
find(const void *base, int size, VALUE value, bool only) {
    VALUE words[HD_MOST_SEARCHED / sizeof(VALUE)];
    int found = -1, count = size / (int)sizeof(VALUE);
    unsigned unreadable = hd_unreadable;
    if (!hd_plausible(base)) return -1;
    hd_copy_carefully(words, base, (size_t)size);
    if (hd_unreadable > unreadable) return -1;
    for (int i = 0; i < count; i++) {
        if (words[i] != value) continue;
        if (found >= 0) return only ? -1 : found;
        found = i * (int)sizeof(VALUE);
    }
    return found;
}

int
hd_find_word(const void *base, int size, VALUE value) {
    return find(base, size, value, true);
}

int
hd_find_first_word(const void *base, int size, VALUE value) {
    return find(base, size, value, false);
}

static bool
is_hidden_array(const struct known *known, VALUE v) {
    return hd_is_type(&known->pages, v, RUBY_T_ARRAY) && RBASIC_CLASS(v) == 0;
}

struct field_search {
    const char *key;
    VALUE value;
};

static void
field_i(struct hd_field field, VALUE value, void *data) {
    struct field_search *search = data;
    if (strcmp(field.text, search->key) == 0) search->value = value;
}

/* The value runs, so its value is not known, but it is no object yet. */
bool
hd_check_thread_fields(const struct known *known) {
    const void *body = hd_mri_data_pointer(known->thread);
    if (!hd_plausible(body) || hd_read(body, HD_THREAD_SELF) != known->thread) return false;
    if (RB_SPECIAL_CONST_P(known->group)) return false;
    hd_places.thread_group = hd_find_word(body, HD_THREAD_SEARCHED, known->group);
    if (hd_places.thread_group < 0) return false;
    struct field_search queue = {",\"pending_interrupts\":", 0},
                        masks = {",\"interrupt_masks\":", 0}, value = {",\"thread_value\":", 0};
    hd_mri_each_thread_field(&known->pages, known->thread, field_i, &queue);
    hd_mri_each_thread_field(&known->pages, known->thread, field_i, &masks);
    hd_mri_each_thread_field(&known->pages, known->thread, field_i, &value);
    return is_hidden_array(known, queue.value) && is_hidden_array(known, masks.value) &&
           queue.value != masks.value && RB_SPECIAL_CONST_P(value.value);
}

bool
hd_check_fiber_fields(const struct known *known) {
    const void *body = hd_mri_data_pointer(known->fiber);
    if (!hd_plausible(body) || hd_read(body, HD_FIBER_SELF) != known->fiber) return false;
    hd_places.fiber_block = hd_find_first_word(body, HD_FIBER_SEARCHED, known->outer);
    return hd_places.fiber_block >= 0;
}

static int
entry_i(VALUE key, VALUE value, VALUE arg) {
    VALUE *pair = (VALUE *)arg;
    if (key == pair[0]) pair[1] = value;
    return ST_CONTINUE;
}

bool
hd_check_fiber_storage(const struct known *known) {
    const void *context = hd_mri_fiber_context(known->fiber);
    if (!context) return false;
    int found = 0;
    for (int at = 0; at < HD_CONTEXT_SEARCHED && !hd_is_lost(); at += (int)sizeof(VALUE)) {
        VALUE word = hd_read(context, at);
        if (!hd_is_type(&known->pages, word, RUBY_T_HASH)) continue;
        VALUE pair[2] = {RB_ID2SYM(rb_intern("heapdump_probe")), RUBY_Qundef};
        hd_mri_hash_each(word, entry_i, (VALUE)pair);
        if (pair[1] != known->value) continue;
        hd_places.context_storage = at;
        found++;
    }
    return found == 1;
}

bool
hd_check_errinfo(const struct known *known) {
    const void *context = hd_mri_thread_context(known->thread);
    if (!context) return false;
    VALUE before = rb_errinfo();
    rb_set_errinfo(known->exception);
    hd_places.context_errinfo = hd_find_word(context, HD_CONTEXT_SEARCHED, known->exception);
    rb_set_errinfo(before);
    return hd_places.context_errinfo >= 0 && hd_read(context, hd_places.context_errinfo) == before;
}

struct local_search {
    VALUE value;
    bool found;
};

static void
local_i(ID name, VALUE value, void *data) {
    struct local_search *search = data;
    VALUE text = rb_id2str(name);
    if (value == search->value && text &&
        hd_same_text(text, rb_id2str(rb_intern("heapdump_probe"))))
        search->found = true;
}

static VALUE
set_local(VALUE arg) {
    const VALUE *pair = (const VALUE *)arg;
    return rb_funcall(pair[0], rb_intern("[]="), 2, RB_ID2SYM(rb_intern("heapdump_probe")),
                      pair[1]);
}

/* The place where the ractor has the table of its variables: behind its group. */
static bool
find_locals(const struct known *known) {
    enum { FROM = 24, TO = 88 };
    for (int at = FROM; at < TO; at += (int)sizeof(VALUE)) {
        struct local_search search = {known->value, false};
        unsigned unreadable = hd_unreadable;
        hd_places.ractor_locals = hd_places.ractor_group + at;
        hd_mri_each_ractor_local(known->ractor, local_i, &search);
        hd_unreadable = unreadable; // the other words are no such tables
        if (search.found) return true;
    }
    return false;
}

bool
hd_check_ractor_fields(const struct known *known) {
    if (NIL_P(known->ractor) || RB_SPECIAL_CONST_P(known->default_group)) return false;
    const void *body = hd_mri_data_pointer(known->ractor);
    hd_places.ractor_group = hd_find_first_word(body, HD_RACTOR_SEARCHED, known->default_group);
    if (hd_places.ractor_group < 0) return false;
    int state = 0;
    VALUE pair[2] = {known->ractor, known->value};
    rb_protect(set_local, (VALUE)pair, &state);
    bool found = state == 0 && find_locals(known);
    pair[1] = Qnil;
    if (state == 0) rb_protect(set_local, (VALUE)pair, &state);
    if (state) rb_set_errinfo(Qnil);
    return found;
}
