/*
 * Place in the flow: within assemble. See entries.h.
 *
 * A depth-first walk visits all objects. Nothing leads to the object that the walk leaves last,
 * except from its own circle: so it is an entry. Of the objects that it does not reach, the one
 * that was left last is an entry for the same reason, and so on.
 */
#include "graph/entries.h"

#include "base/array.h"

#include <stdlib.h>

struct walk {
    const struct hg_held_by *held;
    struct hg_task *task;
    uint8_t *seen;
    uint32_t *stack, *next; // a node, and its next edge: 0 is its class
    uint32_t *left;         // nodes in the order in which the walk left them; or NULL
    uint32_t count;
};

/* The object that a node holds by an edge, or HG_NO_NODE if it holds none. */
static uint32_t
held_by(const struct hg_held_by *held, uint32_t node, uint32_t edge) {
    if (edge == 0) return held->class_node[node];
    uint32_t at = held->first[node] + edge - 1;
    return hg_edge_holds(held->name[at]) ? held->target[at] : HG_NO_NODE;
}

/*
 * Visits all objects that are reached from a node and have not been seen yet. Returns false when
 * the task shall stop.
 */
static bool
walk_from(struct walk *walk, uint32_t node) {
    const struct hg_held_by *held = walk->held;
    uint32_t depth = 1;
    walk->stack[0] = node;
    walk->next[0] = 0;
    walk->seen[node] = 1;
    while (depth > 0) {
        uint32_t top = walk->stack[depth - 1], edge = walk->next[depth - 1]++;
        if (edge > held->first[top + 1] - held->first[top]) {
            if (walk->left) walk->left[walk->count++] = top;
            depth--;
            if (walk->task->stop) return false;
            continue;
        }
        uint32_t to = held_by(held, top, edge);
        if (to >= held->objects || walk->seen[to]) continue;
        walk->seen[to] = 1;
        walk->stack[depth] = to;
        walk->next[depth++] = 0;
    }
    return true;
}

static int
by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static enum hg_status
find(struct walk *walk, uint32_t *left, uint32_t *entries, uint32_t *count) {
    uint32_t objects = walk->held->objects;
    walk->left = left;
    for (uint32_t node = 0; node < objects; node++) {
        if (!walk->seen[node] && !walk_from(walk, node)) return HG_STOPPED;
    }
    walk->left = NULL;
    memset(walk->seen, 0, objects);
    for (uint32_t i = objects; i-- > 0;) {
        if (walk->seen[left[i]]) continue;
        entries[(*count)++] = left[i];
        if (!walk_from(walk, left[i])) return HG_STOPPED;
    }
    if (*count > 0) qsort(entries, *count, sizeof *entries, by_number);
    return HG_OK;
}

enum hg_status
hg_entries(const struct hg_held_by *held, struct hg_task *task, uint32_t *entries,
           uint32_t *count) {
    struct walk walk = {
        .held = held,
        .task = task,
        .seen = hg_array(held->objects, sizeof *walk.seen),
        .stack = hg_array_raw(held->objects, sizeof *walk.stack),
        .next = hg_array_raw(held->objects, sizeof *walk.next),
    };
    uint32_t *left = hg_array_raw(held->objects, sizeof *left);
    *count = 0;
    enum hg_status status = HG_NO_MEMORY;
    if (walk.seen && walk.stack && walk.next && left) status = find(&walk, left, entries, count);
    hg_array_free(walk.seen);
    hg_array_free(walk.stack);
    hg_array_free(walk.next);
    hg_array_free(left);
    return status;
}
