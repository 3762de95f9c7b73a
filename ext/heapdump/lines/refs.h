/*
 * The references of one object, as MRI reports them. A writer takes each one it has a name for;
 * what is left in the end goes to the list `references`. So names may fail, edges never get lost.
 *
 * MRI is not asked about objects of the types of which half a heap consists, where it is known to
 * mark what their writers name and nothing else (hd_mri_marks_what_is_named).
 */
#ifndef HEAPDUMP_REFS_H
#define HEAPDUMP_REFS_H

#include <ruby.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

enum { HD_REFS_KEPT = 1 << 15 };

struct hd_refs {
    VALUE *list; /* owned; a taken entry has its lowest bit set */
    size_t size, capacity;
    size_t cursor; /* names mostly come in the order of marking */
    size_t taken;
    bool failed;            /* out of memory: some references are missing */
    volatile bool complete; /* MRI has told them all, and they are all in the list */

    bool trusting; /* MRI marks what is named, and was not asked */
    bool nameless; /* meanwhile something had no name */

    /* For large arrays and hashes: sums instead of lists. */
    bool may_sum, summing;
    size_t marked, named;
    uint64_t marked_sum, named_sum;

    struct hd_table index; /* how often each is left; built when the order did not help */
    bool indexed;
};

int hd_refs_init(struct hd_refs *refs);
void hd_refs_free(struct hd_refs *refs);

/*
 * Asks MRI for the references of obj. Unless they have to be `exact`, it is not asked where the
 * names tell all, and of more than HD_REFS_KEPT elements or entries only their number and a sum are
 * kept: the caller takes all of these anyway, and hd_refs_settled tells whether that was right. On a
 * Ruby that is not known all are kept.
 */
void hd_refs_collect(struct hd_refs *refs, VALUE obj, bool exact);

bool hd_refs_take_slowly(struct hd_refs *refs, VALUE ref);

/* Takes one occurrence of `ref`. False if MRI does not mark it from this object at all. */
static inline bool
hd_refs_take(struct hd_refs *refs, VALUE ref) {
    if (refs->trusting) return true;
    if (refs->cursor < refs->size && refs->list[refs->cursor] == ref) {
        refs->list[refs->cursor++] |= 1;
        refs->taken++;
        return true;
    }
    return hd_refs_take_slowly(refs, ref);
}

/* Undoes the hd_refs_take that has counted `ref` as taken. */
void hd_refs_give_back(struct hd_refs *refs, VALUE ref);

/* Instead of hd_refs_take, for one that has no name. */
static inline void
hd_refs_pass(struct hd_refs *refs) {
    refs->nameless = true;
}

/* False if the references have to be collected again, exactly, to know what is left of them. */
bool hd_refs_settled(const struct hd_refs *refs);

/* Calls fn for each reference that nobody took. fn may take it, and others that follow. */
void hd_refs_each_left(struct hd_refs *refs, void (*fn)(VALUE ref, void *data), void *data);

#endif
