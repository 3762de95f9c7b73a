/*
 * The references of one object; see refs.h.
 */
#include "lines/refs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "guard/foreign.h"
#include "mri/mri.h"

enum {
    SEARCHED = 32, // the longest list that is searched; longer ones get an index
    NEAR = 8,      // so many references are looked at before that
};

int
hd_refs_init(struct hd_refs *refs) {
    memset(refs, 0, sizeof *refs);
    refs->list = malloc(HD_REFS_KEPT * sizeof *refs->list);
    refs->capacity = HD_REFS_KEPT;
    return refs->list ? 0 : ENOMEM;
}

void
hd_refs_free(struct hd_refs *refs) {
    free(refs->list);
    hd_table_free(&refs->index);
    memset(refs, 0, sizeof *refs);
}

static inline uint64_t
mix(VALUE ref) {
    uint64_t x = hd_hash(ref);
    x ^= x >> 32;
    return x * 0xd6e8feb86659fd93u;
}

static void
start_summing(struct hd_refs *refs) {
    refs->summing = true;
    refs->marked = refs->size;
    for (size_t i = 0; i < refs->size; i++) refs->marked_sum += mix(refs->list[i]);
    refs->size = 0;
}

bool
hd_refs_add(struct hd_refs *refs, VALUE ref) {
    VALUE *list = hd_list_room(refs->list, refs->size, &refs->capacity, sizeof *list);
    if (!list) return false;
    refs->list = list;
    refs->list[refs->size++] = ref;
    return true;
}

static void
collect_i(VALUE ref, void *data) {
    struct hd_refs *refs = data;
    if (refs->summing) {
        refs->marked++;
        refs->marked_sum += mix(ref);
        return;
    }
    if (!hd_refs_add(refs, ref)) refs->failed = true;
    else if (refs->may_sum && refs->size == HD_REFS_KEPT) start_summing(refs);
}

/* Frees the memory that one huge object has needed, so that it is not held for the whole walk. */
static void
shrink(struct hd_refs *refs) {
    if (refs->capacity == HD_REFS_KEPT) return;
    VALUE *list = realloc(refs->list, HD_REFS_KEPT * sizeof *list);
    if (!list) return;
    refs->list = list;
    refs->capacity = HD_REFS_KEPT;
    hd_table_free(&refs->index);
}

void
hd_refs_begin(struct hd_refs *refs) {
    shrink(refs);
    refs->size = refs->cursor = refs->taken = 0;
    refs->failed = refs->summing = refs->indexed = refs->nameless = refs->complete = false;
    refs->trusting = refs->may_sum = false;
    refs->marked = refs->named = 0;
    refs->marked_sum = refs->named_sum = 0;
}

/* Nothing is put into the list, so what else belongs to a list is not looked at. */
static void
trust(struct hd_refs *refs) {
    refs->size = refs->taken = 0;
    refs->failed = refs->nameless = refs->complete = false;
    refs->trusting = true;
}

void
hd_refs_collect(struct hd_refs *refs, VALUE obj, bool exact) {
    if (!exact && hd_mri_marks_what_is_named(obj)) {
        trust(refs);
        return;
    }
    hd_refs_begin(refs);
    int type = RB_BUILTIN_TYPE(obj);
    refs->may_sum = !exact && hd_mri_is_known() && (type == RUBY_T_ARRAY || type == RUBY_T_HASH);
    hd_references(obj, collect_i, refs);
    refs->complete = !refs->failed && !refs->summing;
}

/* Builds an index that says how often each reference is left. Returns false without memory. */
static bool
build_index(struct hd_refs *refs) {
    if (!hd_table_reset(&refs->index, refs->size)) return false;
    for (size_t i = 0; i < refs->size; i++) {
        VALUE ref = refs->list[i] & ~(VALUE)1;
        struct hd_entry *entry = hd_table_add(&refs->index, ref);
        if (refs->list[i] == ref) entry->value++;
    }
    refs->cursor = refs->size; // from now on the list does not show what is taken
    return refs->indexed = true;
}

/* Takes `ref` if it is one of the next references: some before it may have no name yet. */
static bool
is_near(struct hd_refs *refs, VALUE ref) {
    size_t end = refs->size - refs->cursor < NEAR ? refs->size : refs->cursor + NEAR;
    for (size_t i = refs->cursor; i < end; i++) {
        if (refs->list[i] != ref) continue;
        refs->list[i] |= 1;
        refs->taken++;
        refs->cursor = i + 1;
        return true;
    }
    return false;
}

bool
hd_refs_take_slowly(struct hd_refs *refs, VALUE ref) {
    if (refs->summing) {
        refs->named++;
        refs->named_sum += mix(ref);
        return true;
    }
    if (!refs->indexed && is_near(refs, ref)) return true;
    if (refs->indexed || (refs->size > SEARCHED && build_index(refs))) {
        struct hd_entry *entry = hd_table_find(&refs->index, ref);
        if (entry && entry->value > 0) {
            entry->value--;
            refs->taken++;
        }
        return entry != NULL;
    }
    bool there = false;
    for (size_t i = 0; i < refs->size; i++) {
        if (refs->list[i] == ref) {
            refs->list[i] |= 1;
            refs->taken++;
            if (i == refs->cursor) refs->cursor++;
            return true;
        }
        there |= refs->list[i] == (ref | 1);
    }
    return there; // true: it has a second name here, but MRI marks it once
}

void
hd_refs_give_back(struct hd_refs *refs, VALUE ref) {
    if (refs->indexed) {
        hd_table_find(&refs->index, ref)->value++;
        refs->taken--;
        return;
    }
    for (size_t i = 0; i < refs->size; i++) {
        if (refs->list[i] != (ref | 1)) continue;
        refs->list[i] = ref;
        refs->taken--;
        return;
    }
}

/*
 * Lets the list itself show again what is taken: of what occurs several times, so many as are left.
 */
static void
leave_index(struct hd_refs *refs) {
    for (size_t i = 0; i < refs->size; i++) {
        VALUE ref = refs->list[i] & ~(VALUE)1;
        struct hd_entry *entry = hd_table_find(&refs->index, ref);
        refs->list[i] = entry->value > 0 ? ref : ref | 1;
        if (entry->value > 0) entry->value--;
    }
    refs->indexed = false;
}

void
hd_refs_each_left(struct hd_refs *refs, void (*fn)(VALUE, void *), void *data) {
    if (refs->indexed) leave_index(refs);
    for (size_t i = 0; i < refs->size && refs->taken < refs->size; i++) {
        VALUE ref = refs->list[i];
        if (ref & 1 || (refs->indexed && hd_table_find(&refs->index, ref)->value == 0)) continue;
        if (!refs->indexed) refs->cursor = i; // fn is likely to take it
        fn(ref, data);
    }
}
