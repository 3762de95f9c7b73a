/*
 * Place in the flow: above growth. What grew from dump to dump, which object holds it, and what it
 * holds itself.
 *
 * A trail grows if hg_counts_grow says so of its number of objects. It also grows if that number
 * goes up and down, but the objects that stay become more (leaks_stay.c). Growth is shown where it
 * begins: at the first trail of a path that grows, unless a trail further down grows faster than
 * what holds it (a list in some of the sessions, while sessions become more too). What grows in one
 * container, for example keys and values of a hash, is one leak with several parts. Objects that no
 * Ruby program sees are skipped.
 *
 * Code and its literals, and the VM's own lists, are not shown, except for what only caches of code
 * hold if that is much (hg_rules.cache_bytes). What only VM caches or the conservative stack lead
 * to is shown with its rank, so that the verdict can say that only these hold it.
 * lib/heapdump/leaks decides what of the rest is a leak, and in which words, by its rules (struct
 * hg_rules). leak.h says what each number counts.
 */
#ifndef HEAPGRAPH_LEAKS_H
#define HEAPGRAPH_LEAKS_H

#include "growth/leak.h"

/*
 * Finds the leaks; those that grew most come first. With fewer than two dumps it finds none.
 * hg_leaks_free frees them. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_leaks_find(struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks)
    __attribute__((warn_unused_result));

/* Frees the leaks; those that are zeroed or freed already are allowed. */
void hg_leaks_free(struct hg_leaks *leaks);

/*
 * Writes at most `limit` of the nodes on a trail in a dump to `nodes`, in ascending order. Returns
 * how many.
 */
uint32_t hg_leaks_nodes(const struct hg_growth *growth, uint32_t dump, uint32_t trail,
                        uint32_t *nodes, uint32_t limit);

/*
 * Whether a number grows from dump to dump; `counts` has it for each dump. It grows if it never
 * falls, grows in at least two steps (with two dumps in the only one), and does not stand still at
 * the end for longer than it did in between or than hg_rules.idle allows. Dumps at the beginning
 * that have none do not count, except the last one of these.
 */
bool hg_counts_grow(const struct hg_growth *growth, const uint64_t *counts);

/* Whether the number of objects on a trail grows. */
bool hg_grows(const struct hg_growth *growth, uint32_t trail);

#endif
