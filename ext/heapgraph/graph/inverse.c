/* Place in the flow: see inverse.h. A counting sort of the edges by their targets. */
#include "graph/inverse.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/best.h"
#include "base/progress.h"

struct owned {
    uint32_t *first, *source, *instance, *last_instance, *instances;
    struct hg_referred *most;
};

/* `weak` gets the number of edges to each node that do not hold it; it is zeroed. */
static enum hg_status
sort_edges(const struct hg_graph *graph, struct hg_task *task, uint32_t *first, uint32_t *source,
           uint32_t *weak) {
    hg_phase(task, "referrers", 2 * graph->edges);
    for (uint64_t edge = 0; edge < graph->edges; edge++) {
        uint32_t target = hg_target(graph, edge);
        first[target + 2]++;
        if (!hg_edge_holds(hg_name(graph, edge))) weak[target]++;
        if (edge % HG_STRIDE == 0 && !hg_step(task, edge)) return HG_STOPPED;
    }
    /*
     * While the sources are written, first[v+1] is the index of the next source of v. In the end it
     * is where the sources of v end.
     */
    for (uint32_t node = 0; node < graph->nodes; node++) {
        first[node + 2] += first[node + 1];
        if (node % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
    }

    uint64_t edge = 0;
    for (uint32_t node = 0; node < graph->nodes; node++) {
        for (uint64_t end = hg_first(graph, node + 1); edge < end; edge++) {
            source[first[hg_target(graph, edge) + 1]++] = node;
        }
        if (node % HG_STRIDE == 0 && !hg_step(task, graph->edges + edge)) return HG_STOPPED;
    }
    return HG_OK;
}

static enum hg_status
find_instances(const struct hg_graph *graph, struct hg_task *task, const struct owned *owned) {
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (node % HG_STRIDE == 0 && hg_stops(task)) return HG_STOPPED;
        uint32_t class = hg_class(graph, node);
        if (class == HG_NO_NODE) continue;
        if (owned->instance[class] == 0) owned->instance[class] = node + 1;
        owned->last_instance[class] = node + 1;
        owned->instances[class]++;
    }
    return HG_OK;
}

static enum hg_status
find_most_referred(const struct hg_graph *graph, struct hg_task *task, const uint32_t *weak,
                   struct owned *owned, uint32_t *count) {
    struct hg_best best = {.room = HG_MOST_REFERRED};
    enum hg_status status = HG_OK;
    for (uint32_t node = 0; node < graph->objects && status == HG_OK; node++) {
        uint32_t references = owned->first[node + 1] - owned->first[node] - weak[node];
        if (node % HG_STRIDE == 0 && hg_stops(task)) status = HG_STOPPED;
        if (!references || (best.count == best.room && references <= best.items[0].score)) continue;
        if (!hg_best_offer(&best, references, node)) status = HG_NO_MEMORY;
    }
    hg_best_sort(&best);
    owned->most = status == HG_OK ? calloc(best.count + 1, sizeof(*owned->most)) : NULL;
    if (status == HG_OK && !owned->most) status = HG_NO_MEMORY;
    *count = (uint32_t)best.count;
    for (uint32_t i = 0; i < best.count && status == HG_OK; i++)
        owned->most[i] = (struct hg_referred){best.items[i].node, (uint32_t)best.items[i].score};
    hg_best_free(&best);
    return status;
}

enum hg_status
hg_inverse_build(const struct hg_graph *graph, struct hg_task *task, struct hg_inverse *inverse) {
    *inverse = (struct hg_inverse){0};
    struct owned *owned = hg_array(1, sizeof(*owned));
    if (!owned) return HG_NO_MEMORY;

    inverse->owned = owned;
    inverse->first.array = owned->first = hg_array((size_t)graph->nodes + 2, sizeof(*owned->first));
    inverse->source.array = owned->source = hg_array_raw(graph->edges, sizeof(*owned->source));
    inverse->instance.array = owned->instance = hg_array_sparse(graph->nodes,
                                                                sizeof(*owned->instance));
    inverse->last_instance.array = owned->last_instance = hg_array_sparse(
        graph->nodes, sizeof(*owned->last_instance));
    inverse->instances.array = owned->instances = hg_array_sparse(graph->nodes,
                                                                  sizeof(*owned->instances));

    uint32_t *weak = hg_array_sparse(graph->nodes, sizeof(*weak));
    enum hg_status status = HG_NO_MEMORY;
    if (owned->first && owned->source && owned->instance && owned->last_instance &&
        owned->instances && weak)
        status = sort_edges(graph, task, owned->first, owned->source, weak);
    if (status == HG_OK) status = find_instances(graph, task, owned);
    if (status == HG_OK) status = find_most_referred(graph, task, weak, owned, &inverse->referred);
    inverse->most = owned->most;
    hg_array_free(weak);
    if (status != HG_OK) hg_inverse_free(inverse);
    return status;
}

void
hg_inverse_free(struct hg_inverse *inverse) {
    struct owned *owned = inverse->owned;
    if (owned) {
        hg_array_free(owned->first);
        hg_array_free(owned->source);
        hg_array_free(owned->instance);
        hg_array_free(owned->last_instance);
        hg_array_free(owned->instances);
        free(owned->most);
        hg_array_free(owned);
    }
    *inverse = (struct hg_inverse){0};
}

uint32_t
hg_next_instance(const struct hg_graph *graph, const struct hg_inverse *inverse, uint32_t class,
                 uint32_t instance) {
    uint32_t last = hg_u32(&inverse->last_instance, class, 0) - 1;
    while (instance < last) {
        if (hg_class(graph, ++instance) == class) return instance;
    }
    return HG_NO_NODE;
}

/* One page of an answer while it is collected. */
struct page {
    struct hg_referrer *referrers;
    uint64_t offset, total;
    uint32_t limit, found;
};

static inline bool
on_page(const struct page *page) {
    return page->total >= page->offset && page->found < page->limit;
}

static inline void
page_add(struct page *page, uint32_t node, uint32_t name) {
    if (on_page(page)) page->referrers[page->found++] = (struct hg_referrer){node, name};
    page->total++;
}

/*
 * The node that an edge comes from: of the nodes that have edges, the last one whose edges begin at
 * or before it.
 */
static uint32_t
source_of(const struct hg_graph *graph, uint64_t edge) {
    uint32_t low = 0, high = graph->nodes;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (hg_first(graph, middle) <= edge) low = middle;
        else high = middle;
    }
    return low;
}

static enum hg_status
scan_edges(const struct hg_graph *graph, uint32_t node, struct hg_task *task, struct page *page) {
    hg_phase(task, "referrers", graph->edges);
    for (uint64_t begin = 0; begin < graph->edges; begin += HG_STRIDE) {
        uint64_t end = begin + HG_STRIDE < graph->edges ? begin + HG_STRIDE : graph->edges;
        uint32_t hits = 0;
        /* Nearly every stretch has no hit, and compilers make this loop fast. */
        for (uint64_t edge = begin; edge < end; edge++) hits += hg_target(graph, edge) == node;
        for (uint64_t edge = begin; hits; edge++) {
            if (hg_target(graph, edge) != node) continue;
            hits--;
            page_add(page, on_page(page) ? source_of(graph, edge) : 0, hg_name(graph, edge));
        }
        if (!hg_step(task, end)) return HG_STOPPED;
    }
    return HG_OK;
}

/* How many sources from number `i` on are the same: the inverse has one for each edge. */
static uint64_t
run_of(const struct hg_inverse *inverse, uint64_t i, uint64_t end) {
    uint64_t run = 1;
    while (i + run < end && hg_inverse_source(inverse, i + run) == hg_inverse_source(inverse, i))
        run++;
    return run;
}

/* Calls `take` for the `count` edges from one node to another. */
static bool
take_parallel(const struct hg_graph *graph, uint32_t from, uint32_t to, uint64_t count,
              hg_take_referrer *take, void *data) {
    for (uint64_t edge = hg_first(graph, from); count; edge++) {
        if (hg_target(graph, edge) != to) continue;
        count--;
        if (!take(data, (struct hg_referrer){from, hg_name(graph, edge)})) return false;
    }
    return true;
}

static bool
take_for_page(void *page, struct hg_referrer referrer) {
    page_add(page, referrer.node, referrer.name);
    return true;
}

static enum hg_status
look_up_edges(const struct hg_graph *graph, const struct hg_inverse *inverse, uint32_t node,
              struct hg_task *task, struct page *page) {
    for (uint64_t i = hg_inverse_first(inverse, node), end = hg_inverse_first(inverse, node + 1);
         i < end;) {
        if (hg_stops(task)) return HG_STOPPED;
        uint64_t run = run_of(inverse, i, end);
        if (page->found == page->limit || page->total + run <= page->offset) page->total += run;
        else take_parallel(graph, hg_inverse_source(inverse, i), node, run, take_for_page, page);
        i += run;
    }
    return HG_OK;
}

static enum hg_status
add_instances(const struct hg_graph *graph, const struct hg_inverse *inverse, uint32_t class,
              struct hg_task *task, struct page *page) {
    uint32_t name = hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE);
    uint64_t total = inverse ? page->total + hg_instances(inverse, class) : UINT64_MAX;
    uint32_t node = inverse ? hg_first_instance(inverse, class) : 0;
    bool listed = inverse && (page->found == page->limit || total <= page->offset);
    for (; !listed && page->total < total && node < graph->nodes; node++) {
        if (hg_class(graph, node) == class) page_add(page, node, name);
        if (node % HG_STRIDE == 0 && !hg_step(task, node)) return HG_STOPPED;
        listed = inverse && page->found == page->limit;
    }
    if (inverse) page->total = total;
    return HG_OK;
}

enum hg_status
hg_referrers(const struct hg_graph *graph, const struct hg_inverse *inverse, uint32_t node,
             bool instances, uint64_t offset, uint32_t limit, struct hg_task *task,
             struct hg_referrer *referrers, uint32_t *found, uint64_t *total) {
    struct page page = {.referrers = referrers, .offset = offset, .limit = limit};
    enum hg_status status = inverse ? look_up_edges(graph, inverse, node, task, &page)
                                    : scan_edges(graph, node, task, &page);
    if (status == HG_OK && instances) status = add_instances(graph, inverse, node, task, &page);
    *found = page.found;
    *total = page.total;
    return status;
}

enum hg_status
hg_each_instance(const struct hg_graph *graph, const struct hg_inverse *inverse, uint32_t class,
                 struct hg_task *task, hg_take_referrer *take, void *data) {
    struct hg_referrer instance = {hg_first_instance(inverse, class),
                                   hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE)};
    for (; instance.node != HG_NO_NODE;
         instance.node = hg_next_instance(graph, inverse, class, instance.node)) {
        if (hg_stops(task)) return HG_STOPPED;
        if (!take(data, instance)) return HG_NO_MEMORY;
    }
    return HG_OK;
}

enum hg_status
hg_each_referrer(const struct hg_graph *graph, const struct hg_inverse *inverse, uint32_t node,
                 struct hg_task *task, hg_take_referrer *take, void *data) {
    uint64_t begin = hg_inverse_first(inverse, node), end = hg_inverse_first(inverse, node + 1);
    hg_phase(task, "referrers", end - begin);
    for (uint64_t i = begin; i < end;) {
        if (!hg_step(task, i - begin)) return HG_STOPPED;
        uint64_t run = run_of(inverse, i, end);
        if (!take_parallel(graph, hg_inverse_source(inverse, i), node, run, take, data))
            return HG_NO_MEMORY;
        i += run;
    }
    return HG_OK;
}

enum hg_status
hg_count_referrers(const struct hg_graph *graph, struct hg_task *task, uint32_t *counts) {
    hg_phase(task, "referrers", graph->edges);
    memset(counts, 0, (size_t)graph->nodes * sizeof(*counts));
    for (uint64_t edge = 0; edge < graph->edges; edge++) {
        counts[hg_target(graph, edge)] += hg_edge_holds(hg_name(graph, edge));
        if (edge % HG_STRIDE == 0 && !hg_step(task, edge)) return HG_STOPPED;
    }
    return HG_OK;
}
