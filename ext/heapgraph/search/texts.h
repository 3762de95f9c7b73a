/*
 * Place in the flow: above the graph and its source. The contents of strings, which are not in the
 * graph but only in the file: one more pass over the lines finds the strings that have a text in
 * them, and those that are equal.
 */
#ifndef HEAPGRAPH_TEXTS_H
#define HEAPGRAPH_TEXTS_H

#include "base/array.h"
#include "tree/dominators.h"

/*
 * Adds to `nodes`, in the order of nodes, the strings, symbols and regexps in whose line `bytes`
 * occur as the line is in the file, and all whose content is in Base64. One whose content is not in
 * its line, or only as a hash, is never added. The caller has to look at each of them again: the
 * bytes may be in the name of something. If `size` is 0, it adds all that have a content. The lines
 * are those of hg_each_line. HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_IO.
 */
enum hg_status hg_texts_with(const struct hg_graph *graph, const char *bytes, size_t size,
                             struct hg_task *task, struct hg_numbers *nodes)
    __attribute__((warn_unused_result));

/* Live strings with the same content and encoding (in a redacted dump: with the same hash). */
struct hg_repeat {
    size_t first;    /* where its strings begin in hg_repeats.nodes, in the order of nodes */
    uint32_t count;  /* how many strings they are, 2 at least */
    uint64_t bytes;  /* the sum of their sizes */
    uint64_t wasted; /* bytes that one copy instead of all would save: the largest one stays */
};

struct hg_repeats {
    struct hg_repeat *items; /* those that waste most, at most as many as were asked for */
    size_t count;
    uint32_t *nodes;

    /* In the whole dump: */
    uint64_t strings, compared;      /* live strings, and those that have a content or a hash */
    uint64_t groups, copies, wasted; /* contents that repeat, their strings, the bytes wasted */
};

/*
 * Finds the contents that repeat among reachable strings. Only one hash of 64 bits is compared:
 * that of what is in the line, of the length in bytes and of the encoding. So strings that differ
 * in their encoding are not equal, and neither are two of different length that were both cut off.
 * Returns the same as hg_texts_with. hg_repeats_free frees the result.
 */
enum hg_status hg_repeats_find(const struct hg_graph *graph, const struct hg_tree *tree,
                               uint32_t limit, struct hg_task *task, struct hg_repeats *repeats)
    __attribute__((warn_unused_result));

/* Frees the repeats; zeroed ones are allowed. */
void hg_repeats_free(struct hg_repeats *repeats);

#endif
