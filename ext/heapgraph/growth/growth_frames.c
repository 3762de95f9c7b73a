/* Place in the flow: see growth_frames.h. */
#include "growth/growth_frames.h"

#include <stdlib.h>
#include <string.h>

/* An edge from a frame. Those of inner frames come first. */
struct held {
    uint32_t target, edge;
};

static int
by_target(const void *left, const void *right) {
    const struct held *a = left, *b = right;
    if (a->target != b->target) return a->target < b->target ? -1 : 1;
    return a->edge < b->edge ? -1 : a->edge > b->edge;
}

static bool
is_of_frame(uint32_t name) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    return kind == HG_E_FRAME || kind == HG_E_FRAME_LOCAL;
}

/* Which frame a name is of: what stands before its last part. */
static const char *
frame_of(const struct hg_graph *graph, uint32_t name, size_t *length) {
    const char *text = hg_string(graph, hg_edge_payload(name), length);
    const char *end = memrchr(text, '\x1f', *length);
    if (end) *length = (size_t)(end - text);
    return text;
}

/* Whether two edges are from one frame, or from frames that look the same. */
static bool
same_frame(const struct hg_graph *graph, uint32_t a, uint32_t b) {
    size_t length, other;
    const char *of_a = frame_of(graph, hg_name(graph, a), &length);
    const char *of_b = frame_of(graph, hg_name(graph, b), &other);
    return length == other && memcmp(of_a, of_b, length) == 0;
}

/* Marks those of the edges to one object that are not from the frame of the last one. */
static bool
mark(const struct hg_graph *graph, const struct held *held, size_t count, uint32_t first,
     uint8_t *inner) {
    bool marked = false;
    for (size_t i = 0; i + 1 < count; i++) {
        if (same_frame(graph, held[i].edge, held[count - 1].edge)) continue;
        inner[held[i].edge - first] = 1;
        marked = true;
    }
    return marked;
}

bool
hg_frames_inner(const struct hg_graph *graph, uint32_t node, uint8_t **inner) {
    uint32_t first = hg_first(graph, node), end = hg_first(graph, node + 1);
    size_t count = 0;
    bool marked = false;
    struct held *held = malloc(((size_t)end - first + 1) * sizeof(*held));
    *inner = calloc((size_t)end - first + 1, 1);
    bool memory = held && *inner;
    for (uint32_t e = first; memory && e < end; e++) {
        if (is_of_frame(hg_name(graph, e))) held[count++] = (struct held){hg_target(graph, e), e};
    }
    if (count) qsort(held, count, sizeof(*held), by_target);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && held[to].target == held[from].target;) to++;
        marked |= mark(graph, held + from, to - from, first, *inner);
    }
    free(held);
    if (!marked) {
        free(*inner);
        *inner = NULL;
    }
    return memory;
}
