/* Place in the flow: see growth_frames.h. */
#include "growth/growth_frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "growth/growth_steps.h"

/* How many envs around that of a frame are looked at. */
#define AROUND 16

/*
 * An object that a frame holds, and the edge from the frame by which it does. Edges from inner
 * frames come first.
 */
struct held {
    uint32_t target, edge;
};

struct helds {
    struct held *items;
    size_t count, room;
    bool failed;
};

static void
add(struct helds *helds, uint32_t target, uint32_t edge) {
    if (hg_grow(&helds->items, helds->count, &helds->room, 64, sizeof(*helds->items)))
        helds->items[helds->count++] = (struct held){target, edge};
    else helds->failed = true;
}

static int
by_target(const void *left, const void *right) {
    const struct held *a = left, *b = right;
    if (a->target != b->target) return a->target < b->target ? -1 : 1;
    return a->edge < b->edge ? -1 : a->edge > b->edge;
}

static void
sort(struct helds *helds) {
    if (helds->count) qsort(helds->items, helds->count, sizeof(*helds->items), by_target);
}

/* Where those of the first `count` end that hold the same object as number `from`. */
static size_t
end_of(const struct held *items, size_t count, size_t from) {
    size_t to = from + 1;
    while (to < count && items[to].target == items[from].target) to++;
    return to;
}

static bool
is_of_frame(uint32_t name) {
    enum hg_edge_kind kind = hg_edge_kind(name);
    return kind == HG_E_FRAME || kind == HG_E_FRAME_LOCAL;
}

/* The part of the name of an edge from a frame that says which frame it is. */
static const char *
frame_of(const struct hg_graph *graph, uint32_t edge, size_t *length) {
    uint32_t text = hg_edge_payload(hg_name(graph, edge));
    *length = 0;
    if (text == HG_PAYLOAD_NONE) return "";
    const char *frame = hg_string(graph, text, length);
    const char *end = memrchr(frame, '\x1f', *length);
    if (end) *length = (size_t)(end - frame);
    return frame;
}

/* Whether two edges are from one frame, or from frames that look the same. */
static bool
same_frame(const struct hg_graph *graph, uint32_t a, uint32_t b) {
    size_t length_of_a, length_of_b;
    const char *of_a = frame_of(graph, a, &length_of_a), *of_b = frame_of(graph, b, &length_of_b);
    return length_of_a == length_of_b && memcmp(of_a, of_b, length_of_a) == 0;
}

static bool
leads_to(const struct hg_graph *graph, uint32_t edge, const char *part) {
    return hg_steps_is_part(graph, hg_name(graph, edge), part);
}

/* Adds the variables of an object or env. Returns the env around it, HG_NO_NODE if none is. */
static uint32_t
add_variables(const struct hg_graph *graph, uint32_t node, uint32_t edge, struct helds *helds) {
    uint32_t around = HG_NO_NODE;
    for (uint32_t e = hg_first(graph, node), end = hg_first(graph, node + 1); e < end; e++) {
        uint32_t name = hg_name(graph, e);
        enum hg_edge_kind kind = hg_edge_kind(name);
        if (kind == HG_E_CAPTURED || kind == HG_E_IVAR || kind == HG_E_MEMBER)
            add(helds, hg_target(graph, e), edge);
        else if (kind == HG_E_FIELD && hg_string_is(graph, hg_edge_payload(name), "parent"))
            around = hg_target(graph, e);
    }
    return around;
}

static int
outermost_first(const void *left, const void *right) {
    const struct held *a = left, *b = right;
    return a->edge > b->edge ? -1 : a->edge < b->edge;
}

/* The selfs and envs of frames, each with the edge from its outermost frame; that frame first. */
static struct helds
selfs_and_envs(const struct hg_graph *graph, const struct helds *helds) {
    struct helds found = {0};
    for (size_t from = 0, to; from < helds->count; from = to) {
        to = end_of(helds->items, helds->count, from);
        uint32_t edge = helds->items[to - 1].edge;
        if (leads_to(graph, edge, "self") || leads_to(graph, edge, "env"))
            add(&found, helds->items[from].target, edge);
    }
    if (found.count) qsort(found.items, found.count, sizeof(*found.items), outermost_first);
    return found;
}

/*
 * Adds what frames hold by the variables of their self, and by those that blocks have captured. Of
 * the frames with the same self or env, that is the outermost; envs around several frames, as all
 * blocks of a method have, are looked at once.
 */
static void
add_all_variables(const struct hg_graph *graph, struct helds *helds) {
    struct helds wholes = selfs_and_envs(graph, helds);
    uint8_t *seen = wholes.count ? calloc(graph->nodes, 1) : NULL; // by node
    if (wholes.failed || (wholes.count && !seen)) helds->failed = true;
    for (size_t i = 0; i < wholes.count && !helds->failed; i++) {
        uint32_t edge = wholes.items[i].edge, node = wholes.items[i].target;
        int most = leads_to(graph, edge, "env") ? AROUND : 1;
        for (int k = 0; k < most && node != HG_NO_NODE && !seen[node]; k++) {
            seen[node] = 1;
            node = add_variables(graph, node, edge, helds);
        }
    }
    free(seen);
    free(wholes.items);
}

/* Marks those of the edges to one object that are not from the frame of the last one. */
static bool
mark(const struct hg_graph *graph, const struct held *held, size_t count, uint32_t first,
     uint8_t *inner) {
    bool marked = false;
    for (size_t i = 0; i + 1 < count; i++) {
        if (hg_target(graph, held[i].edge) != held[i].target) continue; // by a variable
        if (same_frame(graph, held[i].edge, held[count - 1].edge)) continue;
        inner[held[i].edge - first] = 1;
        marked = true;
    }
    return marked;
}

bool
hg_frames_inner(const struct hg_graph *graph, uint32_t node, uint8_t **inner) {
    uint32_t first = hg_first(graph, node), end = hg_first(graph, node + 1);
    struct helds helds = {0};
    bool marked = false;
    *inner = calloc((size_t)end - first + 1, 1);
    for (uint32_t e = first; e < end && !helds.failed; e++) {
        if (is_of_frame(hg_name(graph, e))) add(&helds, hg_target(graph, e), e);
    }
    sort(&helds);
    add_all_variables(graph, &helds);
    sort(&helds);
    bool memory = *inner && !helds.failed;
    for (size_t from = 0, to; memory && from < helds.count; from = to) {
        to = end_of(helds.items, helds.count, from);
        marked |= mark(graph, helds.items + from, to - from, first, *inner);
    }
    free(helds.items);
    if (!marked) {
        free(*inner);
        *inner = NULL;
    }
    return memory;
}
