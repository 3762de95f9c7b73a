/*
 * Texts as any database takes them: valid UTF-8 without NUL. Every other byte is spelled out as
 * \xNN, so that nothing is lost. A text of a dump that needs this is rare.
 */
#ifndef HEAPGRAPH_CLEAN_H
#define HEAPGRAPH_CLEAN_H

#include "base/task.h"
#include "graph/graph.h"

struct hg_text {
    const char *bytes; /* not ended by NUL */
    size_t size;
};

/* How many bytes the clean form of a text takes: `size` if it is clean. */
size_t hg_clean_size(const char *text, size_t size);

/* Writes the clean form of a text, which takes hg_clean_size bytes. Returns how many these are. */
size_t hg_clean(char *to, const char *text, size_t size);

/* The clean forms of all texts of a graph, by their numbers. */
struct hg_clean_texts {
    struct hg_text *text;
    uint32_t count;
    char *spelled; /* the forms of those that are not clean */
};

/* HG_OK · HG_NO_MEMORY. hg_clean_texts_free frees them; zeroed ones are allowed. */
enum hg_status hg_clean_texts(const struct hg_graph *graph, struct hg_clean_texts *texts)
    __attribute__((warn_unused_result));
void hg_clean_texts_free(struct hg_clean_texts *texts);

#endif
