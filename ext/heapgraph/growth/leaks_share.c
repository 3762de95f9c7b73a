/*
 * Place in the flow: see leaks.h. Finds what only the growing objects hold. All other objects are
 * marked without passing through them. An object without a mark belongs to each leak that reaches
 * it without passing through the objects of another leak. If n leaks reach it, each gets a share of
 * 1 / n of its bytes. So the shares add up to what would be freed if all leaks were mended, and
 * never to more.
 *
 * A walk from edge to edge comes to the objects in no order. So it looks at one or two bytes of
 * each: trails and sizes are read in passes over all objects.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/progress.h"
#include "growth/leak.h"

#define LIVES UINT8_MAX /* more than the number of any leak */

struct share {
    const struct hg_growth_dump *dump;
    struct hg_leaks *leaks;
    struct hg_task *task;
    struct hg_numbers stack;
    uint8_t *mark;    /* by node: LIVES if it is reached without passing a leak's object, or else
                         the number of the leak whose object it is, + 1, or 0 */
    uint8_t *stamp;   /* by node: number of the last leak that was here, + 1 */
    uint8_t *sharers; /* by node: how many leaks were here besides the first */
    bool shared;      /* whether any node has sharers */
    uint64_t steps;
    bool stopped;
};

static bool
goes_on(struct share *share) {
    if (++share->steps % HG_STRIDE == 0 && !hg_step(share->task, share->steps))
        share->stopped = true;
    return !share->stopped;
}

static void
mark_target(struct share *share, uint32_t target) {
    if (share->mark[target]) return;
    share->mark[target] = LIVES;
    hg_numbers_add(&share->stack, target);
}

/* Marks what is live without the leaks. */
static void
mark(struct share *share) {
    const struct hg_graph *graph = share->dump->graph;
    share->stack.count = 0;
    mark_target(share, graph->nodes - 1);
    while (share->stack.count && goes_on(share)) {
        uint32_t node = share->stack.items[--share->stack.count];
        for (uint32_t e = hg_first(graph, node), end = hg_first(graph, node + 1); e < end; e++) {
            if (hg_edge_holds(hg_name(graph, e))) mark_target(share, hg_target(graph, e));
        }
        if (hg_class(graph, node) != HG_NO_NODE) mark_target(share, hg_class(graph, node));
    }
}

static void
take_target(struct share *share, uint32_t target, uint8_t number, bool again) {
    uint8_t mark = share->mark[target];
    if ((mark && mark != number) || share->stamp[target] == number) return;
    if (share->stamp[target] && !again) {
        share->sharers[target]++; // there are at most HG_MAX_LEAKS
        share->shared = true;
    }
    share->stamp[target] = number;
    hg_numbers_add(&share->stack, target);
}

/*
 * Visits all that one leak reaches. If `bytes` is NULL (the first time) it counts sharers, else it
 * adds up the bytes of what others reach as well.
 */
static void
take(struct share *share, uint8_t number, uint64_t *bytes) {
    const struct hg_graph *graph = share->dump->graph;
    bool again = bytes != NULL;
    while (share->stack.count && goes_on(share)) {
        uint32_t node = share->stack.items[--share->stack.count];
        if (again && share->sharers[node] && node < graph->objects)
            *bytes += hg_memsize(graph, node) / (share->sharers[node] + 1u);
        for (uint32_t e = hg_first(graph, node), end = hg_first(graph, node + 1); e < end; e++) {
            if (hg_edge_holds(hg_name(graph, e)))
                take_target(share, hg_target(graph, e), number, again);
        }
        uint32_t class = hg_class(graph, node);
        if (class != HG_NO_NODE) take_target(share, class, number, again);
    }
}

/* Adds up the bytes of what one leak alone has reached. */
static void
sum_alone(const struct share *share, uint32_t number_of_dump) {
    const struct hg_graph *graph = share->dump->graph;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (!share->stamp[node] || share->sharers[node]) continue;
        struct hg_leak *leak = &share->leaks->leak[share->stamp[node] - 1];
        leak->retained[number_of_dump] += hg_memsize(graph, node);
    }
}

/*
 * Marks the nodes of all leaks and returns them, sorted by leak: those of leak i are
 * nodes[first[i]] … nodes[first[i+1]-1]. The caller frees them. NULL if there is no memory.
 */
static uint32_t *
members(const struct share *share, uint32_t *first) {
    const struct hg_growth_dump *dump = share->dump;
    memset(first, 0, (HG_MAX_LEAKS + 2) * sizeof(*first));
    for (uint32_t node = 0; node < dump->graph->objects; node++) {
        uint8_t leak = hg_leak_at(share->leaks, dump, node);
        share->mark[node] = leak;
        if (leak) first[leak + 1]++;
    }
    for (int i = 1; i < HG_MAX_LEAKS + 2; i++) first[i] += first[i - 1];
    uint32_t *nodes = malloc(((size_t)first[HG_MAX_LEAKS + 1] + 1) * sizeof(*nodes));
    if (!nodes) return NULL;
    for (uint32_t node = 0; node < dump->graph->objects; node++) {
        if (share->mark[node]) nodes[first[share->mark[node]]++] = node;
    }
    // each entry has moved on to the place of the next: leak i + 1 now begins at first[i]
    return nodes;
}

static enum hg_status
share_out(struct share *share, uint32_t number_of_dump) {
    uint32_t first[HG_MAX_LEAKS + 2];
    uint32_t *nodes = members(share, first);
    if (!nodes) return HG_NO_MEMORY;
    mark(share);
    for (int pass = 0; pass == 0 || (pass == 1 && share->shared); pass++) {
        if (pass) memset(share->stamp, 0, share->dump->graph->nodes);
        for (uint32_t i = 0; i < share->leaks->leaks; i++) {
            uint8_t number = (uint8_t)(i + 1);
            uint64_t *bytes = pass ? &share->leaks->leak[i].retained[number_of_dump] : NULL;
            share->stack.count = 0;
            for (uint32_t at = first[i]; at < first[i + 1]; at++)
                take_target(share, nodes[at], number, pass != 0);
            take(share, number, bytes);
        }
        if (!pass) sum_alone(share, number_of_dump);
    }
    free(nodes);
    if (share->stack.failed) return HG_NO_MEMORY;
    return share->stopped ? HG_STOPPED : HG_OK;
}

/* The dumps, which do not depend on each other. */
struct sharing {
    const struct hg_growth *growth;
    struct hg_leaks *leaks;
    struct hg_task *task;
    _Atomic uint32_t next;
    _Atomic enum hg_status status;
};

static enum hg_status
share_in(struct sharing *sharing, uint32_t number) {
    const struct hg_growth_dump *dump = &sharing->growth->dump[number];
    uint32_t nodes = dump->graph->nodes;
    struct share share = {.dump = dump, .leaks = sharing->leaks, .task = sharing->task};
    share.mark = hg_array(nodes, 1);
    share.stamp = hg_array(nodes, 1);
    share.sharers = hg_array(nodes, 1);
    enum hg_status status = HG_NO_MEMORY;
    if (share.mark && share.stamp && share.sharers) status = share_out(&share, number);
    hg_numbers_free(&share.stack);
    hg_array_free(share.mark);
    hg_array_free(share.stamp);
    hg_array_free(share.sharers);
    return status;
}

static void
share_some(void *data, unsigned thread) {
    struct sharing *sharing = data;
    for (uint32_t i; (i = sharing->next++) < sharing->growth->dumps && sharing->status == HG_OK;) {
        enum hg_status status = share_in(sharing, i);
        hg_graph_let_go(sharing->growth->dump[i].graph);
        if (status != HG_OK) sharing->status = status;
    }
}

enum hg_status
hg_leaks_share(const struct hg_growth *growth, struct hg_task *task, struct hg_leaks *leaks) {
    enum { MOST = 4 };
    struct sharing sharing = {.growth = growth, .leaks = leaks, .task = task};
    unsigned threads = hg_processors();
    if (threads > MOST) threads = MOST;
    hg_phase(task, "retained growth", growth->dump[growth->dumps - 1].graph->nodes);
    hg_parallel(threads < growth->dumps ? threads : growth->dumps, share_some, &sharing);
    return sharing.status;
}
