/*
 * Place in the flow: above growth. What grew from dump to dump, where it piles up, and what it holds.
 *
 * A trail grows if hg_counts_grow says so of its number of objects. It also grows if that number goes
 * up and down and those of its objects that stay become more (leaks_stay.c). Growth is told where it
 * begins: at the first trail of a path that grows, unless one further down grows faster than what
 * holds it (a list in each of some sessions, which become more themselves). What grows in one
 * container, keys and values of a hash, say, is one leak of several parts. Objects that no Ruby
 * program sees are looked through.
 *
 * Not told are code and its literals, and the VM's own lists. What only VM caches or the conservative
 * stack lead to is told with its rank, so that it can be said that it lives on by them. What of the
 * rest is a leak, and in which words, is decided in lib/heapdump/leaks, by the rules that stand there
 * (struct hg_rules). What each number counts is told in leak.h.
 */
#ifndef HEAPGRAPH_LEAKS_H
#define HEAPGRAPH_LEAKS_H

#include "growth/leak.h"

/*
 * Finds the leaks, those that grew most first. Nothing is found in less than two dumps. hg_leaks_free
 * gives them back. HG_OK · HG_STOPPED · HG_NO_MEMORY.
 */
enum hg_status hg_leaks_find(const struct hg_growth *growth, struct hg_task *task,
                             struct hg_leaks *leaks) __attribute__((warn_unused_result));

/* Fine on leaks that are zeroed or freed already. */
void hg_leaks_free(struct hg_leaks *leaks);

/* Nodes on a trail in a dump, at most `limit`, in order. Returns how many. */
uint32_t hg_leaks_nodes(const struct hg_growth *growth, uint32_t dump, uint32_t trail,
                        uint32_t *nodes, uint32_t limit);

/*
 * Whether a number, which `counts` has for each dump, grows from dump to dump: it never falls, grows in
 * two steps at least (with two dumps in the only one), and does not stand still at the end for longer
 * than it did in between or than hg_rules.idle allows. Dumps at the beginning that have none of them do
 * not count, but for the last of these.
 */
bool hg_counts_grow(const struct hg_growth *growth, const uint64_t *counts);

/* Whether the number of objects on a trail grows. */
bool hg_grows(const struct hg_growth *growth, uint32_t trail);

#endif
