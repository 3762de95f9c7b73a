/*
 * Counting objects; see count.h.
 */
#include "count.h"

#include <stdlib.h>

#include "mri/mri.h"

enum { FIRST_CAPACITY = 4096 };

const char *
hd_type_name(int type) {
    static const char *const names[RUBY_T_MASK + 1] = {
#define HD_TYPE(name) [RUBY_T_##name] = "T_" #name
        HD_TYPE(OBJECT), HD_TYPE(CLASS),  HD_TYPE(MODULE), HD_TYPE(ICLASS),   HD_TYPE(FLOAT),
        HD_TYPE(STRING), HD_TYPE(REGEXP), HD_TYPE(ARRAY),  HD_TYPE(HASH),     HD_TYPE(STRUCT),
        HD_TYPE(BIGNUM), HD_TYPE(FILE),   HD_TYPE(DATA),   HD_TYPE(MATCH),    HD_TYPE(COMPLEX),
        HD_TYPE(SYMBOL), HD_TYPE(IMEMO),  HD_TYPE(NODE),   HD_TYPE(RATIONAL), HD_TYPE(ZOMBIE),
        HD_TYPE(MOVED),
#undef HD_TYPE
    };
    return names[type];
}

static struct hd_class_count *
place_of(struct hd_class_count *classes, size_t capacity, VALUE klass) {
    size_t i = (size_t)((uint64_t)klass * 0x9e3779b97f4a7c15u >> 32) & (capacity - 1);
    while (classes[i].klass && classes[i].klass != klass) i = (i + 1) & (capacity - 1);
    return &classes[i];
}

static bool
grow(struct hd_counts *counts) {
    size_t capacity = counts->classes_capacity ? counts->classes_capacity * 2 : FIRST_CAPACITY;
    struct hd_class_count *classes = calloc(capacity, sizeof *classes);
    if (!classes) return false;
    for (size_t i = 0; i < counts->classes_capacity; i++) {
        const struct hd_class_count *old = &counts->classes[i];
        if (old->klass) *place_of(classes, capacity, old->klass) = *old;
    }
    free(counts->classes);
    counts->classes = classes;
    counts->classes_capacity = capacity;
    return true;
}

static struct hd_class_count *
count_of(struct hd_counts *counts, VALUE klass) {
    if (counts->classes_size * 2 >= counts->classes_capacity && !grow(counts)) return NULL;
    struct hd_class_count *place = place_of(counts->classes, counts->classes_capacity, klass);
    if (!place->klass) {
        place->klass = klass;
        counts->classes_size++;
    }
    return place;
}

static bool
has_class(int type) {
    return type != RUBY_T_NONE && type != RUBY_T_IMEMO && type != RUBY_T_ICLASS &&
           type != RUBY_T_NODE && type != RUBY_T_ZOMBIE && type != RUBY_T_MOVED;
}

struct count_walk {
    struct hd_counts *counts;
    bool by_class;
};

static int
count_i(void *start, void *end, size_t stride, void *data) {
    const struct count_walk *walk = data;
    struct hd_counts *counts = walk->counts;
    VALUE last = 0; // neighbours are often of one class
    size_t run = 0;
    for (VALUE obj = (VALUE)start; obj < (VALUE)end; obj += stride) {
        int type = RB_BUILTIN_TYPE(obj); // T_NONE for a free slot
        counts->types[type]++;
        if (!walk->by_class || !has_class(type)) continue;
        VALUE klass = RBASIC_CLASS(obj);
        if (klass == last) {
            run++;
            continue;
        }
        struct hd_class_count *place = last ? count_of(counts, last) : NULL;
        if (place) place->count += run;
        else if (last) counts->bad += run;
        last = klass;
        run = 1;
    }
    struct hd_class_count *place = last ? count_of(counts, last) : NULL;
    if (place) place->count += run;
    else if (last) counts->bad += run;
    return 0;
}

void
hd_count(struct hd_counts *counts, bool by_class) {
    *counts = (struct hd_counts){0};
    struct count_walk walk = {counts, by_class};
    hd_mri_each_page(count_i, &walk);
    for (int type = 0; type <= RUBY_T_MASK; type++) counts->total_slots += counts->types[type];
    counts->free_slots = counts->types[RUBY_T_NONE];
}

void
hd_counts_free(struct hd_counts *counts) {
    free(counts->classes);
    *counts = (struct hd_counts){0};
}
