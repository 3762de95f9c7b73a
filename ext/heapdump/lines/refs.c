/*
 * The references of one object; see refs.h.
 */
#include "lines/refs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guard/guard.h"
#include "mri/mri.h"
#include "guard/purity.h"

enum { SEARCHED = 32 }; // longer lists get an index

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
    free(refs->index);
    memset(refs, 0, sizeof *refs);
}

static inline uint64_t
mix(VALUE ref) {
    uint64_t x = (uint64_t)ref * 0x9e3779b97f4a7c15u;
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

static void
collect_i(VALUE ref, void *data) {
    struct hd_refs *refs = data;
    if (refs->summing) {
        refs->marked++;
        refs->marked_sum += mix(ref);
        return;
    }
    if (refs->size == refs->capacity) {
        VALUE *list = realloc(refs->list, refs->capacity * 2 * sizeof *list);
        if (!list) {
            refs->failed = true;
            return;
        }
        refs->list = list;
        refs->capacity *= 2;
    }
    refs->list[refs->size++] = ref;
    if (refs->may_sum && refs->size == HD_REFS_KEPT) start_summing(refs);
}

/* One huge object must not cost its memory for the rest of the walk. */
static void
shrink(struct hd_refs *refs) {
    if (refs->capacity == HD_REFS_KEPT) return;
    VALUE *list = realloc(refs->list, HD_REFS_KEPT * sizeof *list);
    if (!list) return;
    refs->list = list;
    refs->capacity = HD_REFS_KEPT;
    free(refs->index);
    refs->index = NULL;
    refs->index_capacity = 0;
}

void
hd_refs_collect(struct hd_refs *refs, VALUE obj, bool exact) {
    shrink(refs);
    refs->size = refs->cursor = refs->taken = 0;
    refs->failed = refs->summing = refs->indexed = refs->nameless = refs->complete = false;
    refs->marked = refs->named = 0;
    refs->marked_sum = refs->named_sum = 0;
    refs->trusting = !exact && hd_mri_marks_what_is_named(obj);
    if (refs->trusting) return;
    int type = RB_BUILTIN_TYPE(obj);
    refs->may_sum = !exact && hd_mri_is_known() && (type == RUBY_T_ARRAY || type == RUBY_T_HASH);
    hd_purity_foreign(type == RUBY_T_DATA);
    hd_mri_references(obj, collect_i, refs);
    hd_purity_foreign(false);
    if (type == RUBY_T_DATA) hd_guard_stay();
    refs->complete = !refs->failed && !refs->summing;
}

static struct hd_ref_count *
lookup(const struct hd_refs *refs, VALUE ref) {
    size_t mask = refs->index_size - 1;
    size_t i = mix(ref) >> 20 & mask;
    while (refs->index[i].ref && refs->index[i].ref != ref) i = (i + 1) & mask;
    return &refs->index[i];
}

static bool
build_index(struct hd_refs *refs) {
    size_t size = 64;
    while (size < refs->size * 2) size *= 2;
    if (size > refs->index_capacity) {
        free(refs->index);
        refs->index = malloc(size * sizeof *refs->index);
        refs->index_capacity = refs->index ? size : 0;
        if (!refs->index) return false;
    }
    refs->index_size = size;
    memset(refs->index, 0, size * sizeof *refs->index);
    for (size_t i = 0; i < refs->size; i++) {
        VALUE ref = refs->list[i] & ~(VALUE)1;
        struct hd_ref_count *count = lookup(refs, ref);
        count->ref = ref;
        if (refs->list[i] == ref) count->left++;
    }
    refs->cursor = refs->size; // the list no longer knows what is taken
    return refs->indexed = true;
}

bool
hd_refs_take_slowly(struct hd_refs *refs, VALUE ref) {
    if (refs->summing) {
        refs->named++;
        refs->named_sum += mix(ref);
        return true;
    }
    if (refs->indexed || (refs->size > SEARCHED && build_index(refs))) {
        struct hd_ref_count *count = lookup(refs, ref);
        if (count->left > 0) {
            count->left--;
            refs->taken++;
        }
        return count->ref == ref;
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
    return there; // it has a second name, but MRI marks it once
}

void
hd_refs_give_back(struct hd_refs *refs, VALUE ref) {
    if (refs->indexed) {
        lookup(refs, ref)->left++;
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

bool
hd_refs_settled(const struct hd_refs *refs) {
    if (refs->trusting) return !refs->nameless;
    return !refs->summing || (refs->marked == refs->named && refs->marked_sum == refs->named_sum);
}

void
hd_refs_each_left(struct hd_refs *refs, void (*fn)(VALUE, void *), void *data) {
    for (size_t i = 0; i < refs->size && refs->taken < refs->size; i++) {
        VALUE ref = refs->list[i];
        if (ref & 1 || (refs->indexed && lookup(refs, ref)->left == 0)) continue;
        fn(ref, data);
    }
}
