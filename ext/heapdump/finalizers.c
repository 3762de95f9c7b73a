/*
 * Finalizer tables; see finalizers.h.
 */
#include "finalizers.h"

#include <stdlib.h>

#include "mri/mri.h"

void
hd_finalizers_add(struct hd_finalizers *finalizers, VALUE obj) {
    if (finalizers->size == finalizers->capacity) {
        size_t capacity = finalizers->capacity ? finalizers->capacity * 2 : 64;
        void *objects = realloc(finalizers->objects, capacity * sizeof *finalizers->objects);
        if (!objects) return;
        finalizers->objects = objects;
        finalizers->capacity = capacity;
    }
    // no new id: defining a finalizer has given it one
    finalizers->objects[finalizers->size++] = (struct hd_finalizable){rb_obj_id(obj), obj};
}

static int
by_id(const void *a, const void *b) {
    VALUE x = *(const VALUE *)a, y = *(const VALUE *)b; // the id is the first member
    return x < y ? -1 : x > y;
}

void
hd_finalizers_sort(struct hd_finalizers *finalizers) {
    if (finalizers->size == 0) return;
    qsort(finalizers->objects, finalizers->size, sizeof *finalizers->objects, by_id);
    finalizers->tables = malloc(finalizers->size * sizeof *finalizers->tables);
    if (!finalizers->tables) finalizers->size = 0;
}

VALUE
hd_finalizers_object_of(struct hd_finalizers *finalizers, VALUE array) {
    if (finalizers->size == 0 || RBASIC_CLASS(array) != 0 || RARRAY_LEN(array) < 2) return 0;
    VALUE id = hd_mri_array_elements(array)[0];
    const struct hd_finalizable *found = bsearch(&id, finalizers->objects, finalizers->size,
                                                 sizeof *finalizers->objects, by_id);
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
