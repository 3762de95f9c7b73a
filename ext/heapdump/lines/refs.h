/*
 * The references of one object, as MRI reports them. A writer takes each reference for which it has
 * a name. References that nobody has taken go to the list `references`. So a name may be missing,
 * but no edge is ever lost.
 *
 * For the most frequent types of objects MRI need not be asked: it is known to mark what their
 * writers name, and nothing else (hd_mri_marks_what_is_named).
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
    size_t cursor; /* index of the reference that is expected next: most come in MRI's order */
    size_t taken;  /* number of references that have been taken */
    bool failed;   /* out of memory: some references are missing */
    volatile bool complete; /* all references that MRI has reported are in the list */

    bool trusting; /* MRI was not asked: it marks what the writer names */
    bool nameless; /* while `trusting`, the writer found a reference that has no name */

    /* For large arrays and hashes there are sums instead of a list. */
    bool may_sum, summing;
    size_t marked, named;
    uint64_t marked_sum, named_sum;

    struct hd_table index; /* how often each reference is left; built if the order does not help */
    bool indexed;
};

/* Returns 0 or ENOMEM. Call hd_refs_free afterwards in both cases. */
int hd_refs_init(struct hd_refs *refs);
void hd_refs_free(struct hd_refs *refs);

/*
 * Asks MRI for the references of obj. With `exact` all of them are put into the list. Otherwise two
 * shortcuts are allowed: MRI is not asked if it marks only what the writer names anyway, and for an
 * array or hash with HD_REFS_KEPT references or more, only their number and a sum are stored. The
 * caller then takes what it names, and hd_refs_settled says whether that was everything. On a Ruby
 * that is not known there are no shortcuts. Sets `failed` if there is no memory.
 */
void hd_refs_collect(struct hd_refs *refs, VALUE obj, bool exact);

/*
 * Instead of hd_refs_collect, for references that do not come from one object: begins an empty
 * list, and adds one reference to it. Returns false, and adds nothing, without memory.
 */
void hd_refs_begin(struct hd_refs *refs);
bool hd_refs_add(struct hd_refs *refs, VALUE ref);

bool hd_refs_take_slowly(struct hd_refs *refs, VALUE ref);

/* Takes one occurrence of `ref`. Returns false if MRI does not mark `ref` from this object. */
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

/*
 * As hd_refs_take, but false if each occurrence of `ref` has been taken already. Only for a list:
 * not while `trusting` or `summing`.
 */
static inline bool
hd_refs_take_left(struct hd_refs *refs, VALUE ref) {
    size_t before = refs->taken;
    return hd_refs_take(refs, ref) && refs->taken > before;
}

/* Undoes a hd_refs_take of `ref` that has increased `taken`. */
void hd_refs_give_back(struct hd_refs *refs, VALUE ref);

/* Call this instead of hd_refs_take for a reference that the writer finds but cannot name. */
static inline void
hd_refs_pass(struct hd_refs *refs) {
    refs->nameless = true;
}

/* False if the references must be collected again, with `exact`, to know which are left. */
static inline bool
hd_refs_settled(const struct hd_refs *refs) {
    if (refs->trusting) return !refs->nameless;
    return !refs->summing || (refs->marked == refs->named && refs->marked_sum == refs->named_sum);
}

/* Calls fn for each reference that nobody has taken. fn may take it, and others that follow. */
void hd_refs_each_left(struct hd_refs *refs, void (*fn)(VALUE ref, void *data), void *data);

#endif
