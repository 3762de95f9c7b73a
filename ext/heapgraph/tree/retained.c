/*
 * Place in the flow: see retained.h. All answers are scans over runs of positions, without
 * recursion.
 */
#include "tree/retained.h"

#include <string.h>

#include "base/array.h"
#include "base/best.h"
#include "base/progress.h"

/* Writes the candidates from number `offset` on, and frees the list. */
static uint32_t
write_page(struct hg_best *best, uint32_t offset, uint32_t *nodes) {
    uint32_t found = 0;
    hg_best_sort(best);
    for (size_t i = offset; i < best->count; i++) nodes[found++] = best->items[i].node;
    hg_best_free(best);
    return found;
}

/* How many candidates must be kept to know the page; 0 for an empty page. */
static size_t
room_for(uint32_t offset, uint32_t limit) {
    return limit ? (size_t)offset + limit : 0;
}

enum hg_status
hg_dominated(const struct hg_tree *tree, uint32_t node, uint32_t offset, uint32_t limit,
             uint32_t *nodes, uint32_t *found, uint32_t *total) {
    *found = *total = 0;
    uint32_t at = hg_position(tree, node);
    if (at == HG_NO_NODE) return HG_OK;

    struct hg_best best = {.room = room_for(offset, limit)};
    bool enough = true;
    for (uint32_t child = at + 1; child < hg_end(tree, at) && enough; child = hg_end(tree, child)) {
        ++*total;
        enough = hg_best_offer(&best, hg_retained_at(tree, child), hg_tree_node(tree, child));
    }
    *found = write_page(&best, offset, nodes);
    return enough ? HG_OK : HG_NO_MEMORY;
}

enum hg_status
hg_top(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_column *through,
       uint32_t offset, uint32_t limit, uint32_t *nodes, uint32_t *found, uint32_t *total) {
    struct hg_best best = {.room = room_for(offset, limit)};
    bool enough = true;
    *total = 0;
    for (uint32_t at = 0; at < tree->reached && enough;) {
        uint32_t node = hg_tree_node(tree, at);
        if (node >= graph->objects || (through && hg_u8(through, node))) {
            at++;
            continue;
        }
        ++*total;
        enough = hg_best_offer(&best, hg_retained_at(tree, at), node);
        at = hg_end(tree, at);
    }
    *found = write_page(&best, offset, nodes);
    return enough ? HG_OK : HG_NO_MEMORY;
}

enum { KEPT = 1, GONE = 2 };

/* Marks as KEPT all that the virtual root reaches without passing through marked nodes. */
static enum hg_status
mark_kept(const struct hg_graph *graph, struct hg_task *task, uint8_t *marks, uint32_t *stack) {
    uint32_t root = graph->nodes - 1, depth = 0;
    uint64_t steps = 0, done = 0;
    if (marks[root]) return HG_OK;

    marks[root] = KEPT;
    stack[depth++] = root;
    while (depth) {
        uint32_t node = stack[--depth], class = hg_class(graph, node);
        for (uint64_t edge = hg_first(graph, node), end = hg_first(graph, node + 1); edge < end;
             edge++) {
            uint32_t target = hg_target(graph, edge);
            if (marks[target] || !hg_edge_holds(hg_name(graph, edge))) continue;
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
        if (node % HG_STRIDE == 0 && hg_stops(task)) {
            status = HG_STOPPED;
            break;
        }
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
