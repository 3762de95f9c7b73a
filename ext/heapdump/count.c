/*
 * Counting objects; see count.h.
 */
#include "count.h"

#include "mri/mri.h"

/* Adds the number of objects in a run of one class. `klass` may be 0: then nothing is added. */
static void
add(struct hd_counts *counts, VALUE klass, size_t run) {
    if (!klass) return;
    if (hd_table_room(&counts->classes)) hd_table_add(&counts->classes, klass)->value += run;
    else counts->bad += run;
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
        add(counts, last, run);
        last = klass;
        run = 1;
    }
    add(counts, last, run);
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
    hd_table_free(&counts->classes);
    *counts = (struct hd_counts){0};
}
