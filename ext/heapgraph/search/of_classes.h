/*
 * Place in the flow: below conditions and find. Whether objects are instances of some classes. Most
 * objects are of few classes, so each of these is compared once.
 */
#ifndef HEAPGRAPH_OF_CLASSES_H
#define HEAPGRAPH_OF_CLASSES_H

#include "graph/graph.h"

struct hg_of_classes {
    const uint32_t *classes;
    size_t count;
    bool none; /* whether objects without a class are wanted */
    struct {
        uint32_t class;
        bool known, wanted;
    } entry[256]; /* the classes that have been looked at lately */
};

static inline bool
hg_is_any(const struct hg_of_classes *of, uint32_t class) {
    for (size_t i = 0; i < of->count; i++)
        if (of->classes[i] == class) return true;
    return false;
}

/* For instances of these classes (hg_real_class); HG_NO_NODE stands for objects without one. */
static inline struct hg_of_classes
hg_of_classes(const uint32_t *classes, size_t count) {
    struct hg_of_classes of = {.classes = classes, .count = count};
    of.none = hg_is_any(&of, HG_NO_NODE);
    return of;
}

static inline bool
hg_is_of_classes(const struct hg_graph *graph, struct hg_of_classes *of, uint32_t node) {
    uint32_t class = hg_class(graph, node), at = class % 256;
    if (!of->entry[at].known || of->entry[at].class != class) {
        of->entry[at].class = class;
        of->entry[at].known = true;
        of->entry[at].wanted = hg_is_any(of, hg_shown_class(graph, class));
    }
    if (of->entry[at].wanted == of->none) return of->none;
    return hg_is_tracing(graph, node) ? of->none : of->entry[at].wanted;
}

#endif
