/*
 * Finalizer tables; see finalizers.h.
 */
#include "lines/finalizers.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "guard/guard.h"
#include "guard/hung.h"
#include "guard/visit.h"
#include "mri/mri.h"

void
hd_finalizers_add(struct hd_finalizers *finalizers, VALUE obj) {
    struct hd_finalizable *objects = hd_list_room(finalizers->objects, finalizers->size,
                                                  &finalizers->capacity, sizeof *objects);
    if (!objects) {
        finalizers->failed = true;
        return;
    }
    finalizers->objects = objects;
    // makes no new id: if tables begin with ids, defining the finalizer has made it
    VALUE id = hd_mri_finalizers_have_ids() ? rb_obj_id(obj) : 0;
    finalizers->objects[finalizers->size++] = (struct hd_finalizable){id, obj};
}

void
hd_finalizers_add_array(struct hd_finalizers *finalizers, VALUE array) {
    size_t length = (size_t)RARRAY_LEN(array);
    if (RBASIC_CLASS(array) != 0 || length == 0 || hd_mri_array_shared(array)) return;
    const VALUE *elements = hd_mri_array_elements(array);
    if (!elements) return;
    for (size_t i = 0; i < length; i++) {
        if (RB_SPECIAL_CONST_P(elements[i])) return; // this is no callable
    }
    VALUE *tables = hd_list_room(finalizers->tables, finalizers->found,
                                 &finalizers->tables_capacity, sizeof *tables);
    if (!tables) {
        finalizers->failed = true;
        return;
    }
    finalizers->tables = tables;
    finalizers->tables[finalizers->found++] = array;
}

static int
by_word(const void *a, const void *b) {
    VALUE x = *(const VALUE *)a, y = *(const VALUE *)b;
    return x < y ? -1 : x > y;
}

enum { FILTER_BITS = 16 };

struct holder_search {
    struct hd_finalizers *finalizers;
    unsigned char filter[1 << FILTER_BITS]; /* 1 if an array with this hash may be a table */
    bool *held;                             /* by index in `tables`: true if something holds it */
};

static inline size_t
filter_place(VALUE ref) {
    return (size_t)(hd_hash(ref) >> (64 - FILTER_BITS));
}

static void
held_i(VALUE ref, void *data) {
    struct holder_search *search = data;
    if (!search->filter[filter_place(ref)]) return;
    struct hd_finalizers *finalizers = search->finalizers;
    const VALUE *found = bsearch(&ref, finalizers->tables, finalizers->found,
                                 sizeof *finalizers->tables, by_word);
    if (found) search->held[found - finalizers->tables] = true;
}

static void
held_by_root_i(const char *category, VALUE ref, void *data) {
    (void)category;
    held_i(ref, data);
}

/* These types are half of a heap, and MRI marks only their class: it need not be asked. */
static bool
holds_class_only(VALUE obj) {
    int type = RB_BUILTIN_TYPE(obj);
    return (type == RUBY_T_STRING || type == RUBY_T_FLOAT) && hd_mri_marks_what_is_named(obj);
}

static void
look_at_holder(VALUE obj, size_t stride, void *search) {
    (void)stride;
    if (holds_class_only(obj) || hd_has_hung(obj, HD_COLLECTING)) return;
    hd_mri_references(obj, held_i, search);
}

/* Called after reading obj has failed: its references stay unknown. */
static void
pass_over(VALUE obj, size_t stride, int outcome, void *data) {
    (void)stride, (void)data;
    if (outcome == HD_HUNG) hd_remember_hung(obj, HD_COLLECTING);
}

static void
look_for_holders(struct holder_search *search, const struct hd_pages *pages) {
    const struct hd_visit visit = {look_at_holder, pass_over, search};
    hd_mri_roots(held_by_root_i, search);
    for (size_t i = 0; i < pages->size; i++) hd_page_visit(&pages->list[i], &visit);
}

/* Takes the arrays that something holds out of the list. */
static void
drop_held(struct hd_finalizers *finalizers, const struct hd_pages *pages) {
    struct holder_search *search = calloc(1, sizeof *search);
    bool *held = calloc(finalizers->found, sizeof *held);
    size_t kept = 0;
    if (search && held) {
        search->finalizers = finalizers;
        search->held = held;
        qsort(finalizers->tables, finalizers->found, sizeof *finalizers->tables, by_word);
        for (size_t i = 0; i < finalizers->found; i++) {
            search->filter[filter_place(finalizers->tables[i])] = 1;
        }
        look_for_holders(search, pages);
        for (size_t i = 0; i < finalizers->found; i++) {
            if (!held[i]) finalizers->tables[kept++] = finalizers->tables[i];
        }
    }
    else {
        finalizers->failed = true;
    }
    finalizers->found = kept;
    free(held);
    free(search);
}

void
hd_finalizers_complete(struct hd_finalizers *finalizers, const struct hd_pages *pages) {
    if (hd_mri_finalizers_have_ids()) {
        if (finalizers->size == 0) return;
        qsort(finalizers->objects, finalizers->size, sizeof *finalizers->objects, by_word);
        finalizers->tables = malloc(finalizers->size * sizeof *finalizers->tables);
        finalizers->failed = !finalizers->tables;
        if (finalizers->failed) finalizers->size = 0;
        return;
    }
    if (finalizers->size == 0) finalizers->found = 0; // no object has a finalizer
    if (finalizers->found > 0) drop_held(finalizers, pages);
    finalizers->size = 0;
}

VALUE
hd_finalizers_object_of(struct hd_finalizers *finalizers, VALUE array) {
    if (finalizers->size == 0 || RBASIC_CLASS(array) != 0 || RARRAY_LEN(array) < 2) return 0;
    const VALUE *elements = hd_mri_array_elements(array);
    if (!elements) return 0;
    VALUE id = elements[0];
    const struct hd_finalizable *found = bsearch(&id, finalizers->objects, finalizers->size,
                                                 sizeof *finalizers->objects, by_word);
    if (!found || finalizers->found == finalizers->size) return 0;
    finalizers->tables[finalizers->found++] = array;
    return found->object;
}

void
hd_finalizers_free(struct hd_finalizers *finalizers) {
    free(finalizers->objects);
    free(finalizers->tables);
    *finalizers = (struct hd_finalizers){0};
}
