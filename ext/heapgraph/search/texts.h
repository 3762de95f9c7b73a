/*
 * Place in the flow: above the graph and its source. The contents of strings, which the graph leaves
 * in the file: one more pass over the lines finds those that hold a text, and those that are alike.
 */
#ifndef HEAPGRAPH_TEXTS_H
#define HEAPGRAPH_TEXTS_H

#include "base/array.h"
#include "tree/dominators.h"

/*
 * Adds to `nodes` the strings, symbols and regexps in whose line, as it stands in the file, `bytes`
 * occur, and all whose content is in Base64; in the order of nodes. Whoever asks has to look at each
 * of them again: the text may be the name of something. No bytes: all of them.
 * HG_OK · HG_STOPPED · HG_NO_MEMORY · HG_IO · HG_CORRUPT.
 */
enum hg_status hg_texts_with(const struct hg_graph *graph, const char *bytes, size_t size,
                             struct hg_task *task, struct hg_numbers *nodes)
    __attribute__((warn_unused_result));

/* Living strings with the same content (of a redacted dump: the same hash). */
struct hg_repeat {
    size_t first;    /* the first of them in `nodes` of hg_repeats, in the order of nodes */
    uint32_t count;  /* how many there are, 2 at least */
    uint64_t bytes;  /* of all of them, shallow */
    uint64_t wasted; /* what one copy instead of all would save: the largest could stay */
};

struct hg_repeats {
    struct hg_repeat *items; /* the ones that waste most, at most as many as were asked for */
    size_t count;
    uint32_t *nodes;

    /* Of the whole dump. */
    uint64_t strings, compared;      /* living ones; those that have a content or a hash */
    uint64_t groups, copies, wasted; /* contents that repeat, their strings, and all they waste */
};

/* Contents are compared by a hash of 64 bits and their length. As hg_texts_with. */
enum hg_status hg_repeats_find(const struct hg_graph *graph, const struct hg_tree *tree,
                               uint32_t limit, struct hg_task *task, struct hg_repeats *repeats)
    __attribute__((warn_unused_result));

/* Fine on repeats that are zeroed. */
void hg_repeats_free(struct hg_repeats *repeats);

#endif
