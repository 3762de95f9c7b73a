/* Place in the flow: see retained.h. Everything is a scan over runs of positions; nothing recurses. */
#include "retained.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "progress.h"

/* Keeps the largest `room` of what is put into it, as a heap whose top is the least of them. */
struct largest {
    const struct hg_tree *tree;
    uint32_t *nodes;
    size_t count, room;
};

/* Whether `a` stands before `b` in an answer. */
static bool
precedes(const struct hg_tree *tree, uint32_t a, uint32_t b) {
    uint64_t of_a = hg_retained(tree, a), of_b = hg_retained(tree, b);
    return of_a != of_b ? of_a > of_b : a < b;
}

static void
sift_down(struct largest *largest, size_t at, size_t count) {
    uint32_t *nodes = largest->nodes, node = nodes[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && precedes(largest->tree, nodes[child], nodes[child + 1])) child++;
        if (!precedes(largest->tree, node, nodes[child])) break;
        nodes[at] = nodes[child];
    }
    nodes[at] = node;
}

static void
largest_add(struct largest *largest, uint32_t node) {
    uint32_t *nodes = largest->nodes;
    if (largest->count < largest->room) {
        size_t at = largest->count++;
        for (; at && precedes(largest->tree, nodes[(at - 1) / 2], node); at = (at - 1) / 2) {
            nodes[at] = nodes[(at - 1) / 2];
        }
        nodes[at] = node;
    }
    else if (largest->room && precedes(largest->tree, node, nodes[0])) {
        nodes[0] = node;
        sift_down(largest, 0, largest->count);
    }
}

/* Sorts what is kept: the least goes to the end, then the least of the rest … */
static void
largest_sort(struct largest *largest) {
    for (size_t last = largest->count; last-- > 1;) {
        uint32_t least = largest->nodes[0];
        largest->nodes[0] = largest->nodes[last];
        largest->nodes[last] = least;
        sift_down(largest, 0, last);
    }
}

static enum hg_status
largest_begin(struct largest *largest, const struct hg_tree *tree, uint32_t offset, uint32_t limit,
              uint32_t most) {
    uint64_t room = (uint64_t)offset + limit;
    if (room > most) room = most;
    if (limit == 0) room = 0;
    *largest = (struct largest){.tree = tree, .room = room};
    largest->nodes = hg_array(room, sizeof(*largest->nodes));
    return largest->nodes ? HG_OK : HG_NO_MEMORY;
}

static uint32_t
largest_end(struct largest *largest, uint32_t offset, uint32_t *nodes) {
    uint32_t found = 0;
    largest_sort(largest);
    for (size_t i = offset; i < largest->count; i++) nodes[found++] = largest->nodes[i];
    hg_array_free(largest->nodes);
    return found;
}

static uint32_t
count_children(const struct hg_tree *tree, uint32_t at) {
    uint32_t count = 0;
    for (uint32_t child = at + 1; child < tree->end[at]; child = tree->end[child]) count++;
    return count;
}

enum hg_status
hg_dominated(const struct hg_tree *tree, uint32_t node, uint32_t offset, uint32_t limit,
             uint32_t *nodes, uint32_t *found, uint32_t *total) {
    *found = *total = 0;
    uint32_t at = tree->position[node];
    if (at == HG_NO_NODE) return HG_OK;

    struct largest largest;
    *total = count_children(tree, at);
    if (largest_begin(&largest, tree, offset, limit, *total) != HG_OK) return HG_NO_MEMORY;
    for (uint32_t child = at + 1; child < tree->end[at]; child = tree->end[child]) {
        largest_add(&largest, tree->node[child]);
    }
    *found = largest_end(&largest, offset, nodes);
    return HG_OK;
}

enum hg_status
hg_top(const struct hg_graph *graph, const struct hg_tree *tree, const uint8_t *through,
       uint32_t offset, uint32_t limit, uint32_t *nodes, uint32_t *found, uint32_t *total) {
    struct largest largest;
    *found = *total = 0;
    if (largest_begin(&largest, tree, offset, limit, tree->reached) != HG_OK) return HG_NO_MEMORY;

    for (uint32_t at = 0; at < tree->reached;) {
        uint32_t node = tree->node[at];
        if (node >= graph->objects || (through && through[node])) {
            at++;
            continue;
        }
        ++*total;
        largest_add(&largest, node);
        at = tree->end[at];
    }
    *found = largest_end(&largest, offset, nodes);
    return HG_OK;
}

/* The position of the largest child, 0 if there is none. */
static uint32_t
largest_child(const struct hg_tree *tree, uint32_t at) {
    uint32_t largest = 0;
    for (uint32_t child = at + 1; child < tree->end[at]; child = tree->end[child]) {
        if (!largest || precedes(tree, tree->node[child], tree->node[largest])) largest = child;
    }
    return largest;
}

uint32_t
hg_accumulation_point(const struct hg_tree *tree, uint32_t node, uint32_t permille) {
    uint32_t at = tree->position[node];
    if (at == HG_NO_NODE) return HG_NO_NODE;

    uint32_t child;
    while ((child = largest_child(tree, at)) != 0) {
        if (tree->retained[child] * 1000 < tree->retained[at] * permille) break;
        at = child;
    }
    return tree->node[at];
}

static int
compare_drops(const void *left, const void *right) {
    const struct hg_drop *a = left, *b = right;
    uint64_t of_a = a->retained - a->largest_child, of_b = b->retained - b->largest_child;
    if (of_a != of_b) return of_a > of_b ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

enum hg_status
hg_big_drops(const struct hg_graph *graph, const struct hg_tree *tree, uint64_t bytes,
             struct hg_drop **drops, size_t *count) {
    size_t room = 64;
    struct hg_drop *found = malloc(room * sizeof(*found));
    *drops = NULL;
    *count = 0;
    if (!found) return HG_NO_MEMORY;

    for (uint32_t at = 0; at < tree->reached;) {
        /* Nothing below holds more than this. */
        if (tree->retained[at] <= bytes) {
            at = tree->end[at];
            continue;
        }
        uint32_t child = largest_child(tree, at), node = tree->node[at];
        uint64_t below = child ? tree->retained[child] : 0;
        if (node < graph->objects && tree->retained[at] - below > bytes) {
            if (*count == room) {
                struct hg_drop *more = realloc(found, 2 * room * sizeof(*more));
                if (!more) {
                    free(found);
                    *count = 0;
                    return HG_NO_MEMORY;
                }
                found = more;
                room *= 2;
            }
            found[(*count)++] = (struct hg_drop){node, count_children(tree, at), tree->retained[at],
                                                 below};
        }
        at++;
    }
    qsort(found, *count, sizeof(*found), compare_drops);
    *drops = found;
    return HG_OK;
}

static int
compare_numbers(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Objects among the positions from `at` on; roots are dominated by the virtual root alone. */
static uint64_t
count_objects(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t at) {
    uint32_t node = tree->node[at];
    if (node < graph->objects) return tree->end[at] - at;
    if (at == 0) return tree->reachable_objects;
    return tree->end[at] - at - 1;
}

enum hg_status
hg_retained_union(const struct hg_graph *graph, const struct hg_tree *tree, const uint32_t *nodes,
                  size_t count, struct hg_held *held) {
    *held = (struct hg_held){0};
    uint32_t *positions = hg_array(count, sizeof(*positions));
    if (!positions) return HG_NO_MEMORY;

    size_t reachable = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = tree->position[nodes[i]];
        if (at != HG_NO_NODE) positions[reachable++] = at;
    }
    qsort(positions, reachable, sizeof(*positions), compare_numbers);

    uint32_t end = 0;
    for (size_t i = 0; i < reachable; i++) {
        uint32_t at = positions[i];
        if (at < end) continue;
        end = tree->end[at];
        held->members++;
        held->bytes += tree->retained[at];
        held->nodes += count_objects(graph, tree, at);
    }
    hg_array_free(positions);
    return HG_OK;
}

enum { KEPT = 1, GONE = 2 };

/* Marks KEPT what the virtual root reaches without going through what is marked already. */
static enum hg_status
mark_kept(const struct hg_graph *graph, struct hg_task *task, uint8_t *marks, uint32_t *stack) {
    uint32_t root = graph->nodes - 1, depth = 0;
    uint64_t steps = 0, done = 0;
    if (marks[root]) return HG_OK;

    marks[root] = KEPT;
    stack[depth++] = root;
    while (depth) {
        uint32_t node = stack[--depth], class = graph->class_node[node];
        for (uint64_t edge = graph->first[node]; edge < graph->first[node + 1]; edge++) {
            uint32_t target = graph->target[edge];
            if (marks[target] || !hg_edge_holds(graph->name[edge])) continue;
            marks[target] = KEPT;
            stack[depth++] = target;
        }
        if (class != HG_NO_NODE && !marks[class]) {
            marks[class] = KEPT;
            stack[depth++] = class;
        }
        done++;
        if (++steps % HG_STRIDE == 0 && !hg_step(task, done)) return HG_STOPPED;
    }
    return HG_OK;
}

enum hg_status
hg_retained_exact(const struct hg_graph *graph, const struct hg_tree *tree, const uint32_t *nodes,
                  size_t count, struct hg_task *task, struct hg_held *held, uint8_t *freed) {
    *held = (struct hg_held){0};
    uint8_t *marks = freed ? freed : hg_array(graph->nodes, 1);
    uint32_t *stack = hg_array_sparse(graph->nodes, sizeof(*stack));
    enum hg_status status = HG_NO_MEMORY;
    if (!marks || !stack) goto done;

    hg_phase(task, "marking", tree->reached);
    memset(marks, 0, graph->nodes);
    for (size_t i = 0; i < count; i++) {
        if (!hg_is_reachable(tree, nodes[i]) || marks[nodes[i]]) continue;
        marks[nodes[i]] = GONE;
        held->members++;
    }
    status = mark_kept(graph, task, marks, stack);
    if (status != HG_OK) goto done;

    for (uint32_t node = 0; node < graph->nodes; node++) {
        bool gone = marks[node] != KEPT && hg_is_reachable(tree, node);
        marks[node] = gone;
        if (!gone || node >= graph->objects) continue;
        held->nodes++;
        held->bytes += hg_memsize(graph, node);
    }
done:
    if (!freed) hg_array_free(marks);
    hg_array_free(stack);
    return status;
}

enum hg_status
hg_retained_groups(const struct hg_tree *tree, const uint32_t *group, uint32_t groups,
                   struct hg_task *task, uint64_t *bytes) {
    /* By group: where the run of its outermost member ends. Inside it, nothing counts again. */
    uint32_t *covered = hg_array(groups, sizeof(*covered));
    if (!covered) return HG_NO_MEMORY;

    enum hg_status status = HG_OK;
    hg_phase(task, "retained sizes", tree->reached);
    for (uint32_t i = 0; i < groups; i++) bytes[i] = 0;
    for (uint32_t at = 0; at < tree->reached && status == HG_OK; at++) {
        uint32_t of = group[tree->node[at]];
        if (of != HG_NO_NODE && at >= covered[of]) {
            covered[of] = tree->end[at];
            bytes[of] += tree->retained[at];
        }
        if (at % HG_STRIDE == 0 && !hg_step(task, at)) status = HG_STOPPED;
    }
    hg_array_free(covered);
    return status;
}
