/*
 * Place in the flow: see kinds.h. The columns of the graph are read in the order of nodes and those
 * of the tree in the order of positions, so that only the number of a kind goes from one order to
 * the other.
 */
#include "tree/kinds.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/progress.h"
#include "base/slots.h"
#include "tree/class_key.h"
#include "tree/folded.h"

#define LATELY 1024 /* classes */

/* What hg_kinds_free frees. */
struct owned {
    struct hg_kind *kinds;
    uint32_t *at;
    struct hg_outlined *outline;
};

/* The class that objects have, and the number of their kind: most objects are of few classes. */
struct lately {
    uint32_t class, kind; /* HG_NO_NODE: none */
};

struct finding {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    struct hg_task *task;
    struct hg_kind *kinds;
    size_t count, room;
    struct hg_slots slots;
    uint32_t *at;
    struct lately lately[LATELY];
};

static uint64_t
hash_of(const void *kinds, uint32_t number) {
    return hg_spread(((const struct hg_kind *)kinds)[number].key);
}

/* The number of a kind, which is made if there is none. HG_NO_NODE: no memory. */
static uint32_t
kind_with(struct finding *finding, uint64_t key, uint32_t node) {
    if (!hg_grow(&finding->kinds, finding->count, &finding->room, 256, sizeof(*finding->kinds)) ||
        !hg_slots_grow(&finding->slots, finding->count, 1024, hash_of, finding->kinds))
        return HG_NO_NODE;
    struct hg_slots *slots = &finding->slots;
    size_t at = hg_slots_first(slots, hg_spread(key));
    for (; slots->slot[at]; at = hg_slots_next(slots, at))
        if (finding->kinds[slots->slot[at] - 1].key == key) return slots->slot[at] - 1;
    struct hg_kind *kind = &finding->kinds[finding->count];
    memset(kind, 0, sizeof(*kind)); // also what lies between its fields: it goes into a file
    kind->key = key;
    kind->sums.key = hg_key_class(key);
    kind->sums.label = hg_key_label(key);
    kind->sums.type = hg_type(finding->graph, node);
    kind->sums.largest = HG_NO_NODE;
    slots->slot[at] = (uint32_t)++finding->count;
    return slots->slot[at] - 1;
}

/* Of the objects of a class, only DATA may be of another kind: see hg_is_tracing. */
static uint32_t
kind_of(struct finding *finding, uint32_t node) {
    const struct hg_graph *graph = finding->graph;
    uint32_t class = hg_class(graph, node);
    if (class == HG_NO_NODE || hg_type(graph, node) == HG_T_DATA)
        return kind_with(finding, hg_class_key(graph, node), node);
    struct lately *lately = &finding->lately[class % LATELY];
    if (lately->class == class && lately->kind != HG_NO_NODE) return lately->kind;
    uint64_t key = hg_class_key(graph, node);
    uint32_t kind = kind_with(finding, key, node);
    if (!(key >> 32)) *lately = (struct lately){class, kind};
    return kind;
}

static enum hg_status
count_nodes(struct finding *finding) {
    const struct hg_graph *graph = finding->graph;
    hg_phase(finding->task, "kinds", graph->nodes);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (node % HG_STRIDE == 0 && !hg_step(finding->task, node)) return HG_STOPPED;
        uint32_t number = kind_of(finding, node), at = hg_position(finding->tree, node);
        if (number == HG_NO_NODE) return HG_NO_MEMORY;
        if (at != HG_NO_NODE) finding->at[at] = number;
        if (node >= graph->objects) continue;
        struct hg_group *sums = &finding->kinds[number].sums;
        uint64_t size = hg_memsize(graph, node);
        finding->kinds[number].types |= UINT32_C(1) << hg_type(graph, node);
        finding->kinds[number].direct += hg_class(graph, node) == finding->kinds[number].key;
        if (at == HG_NO_NODE) {
            sums->unreachable++;
            sums->unreachable_bytes += size;
            continue;
        }
        sums->count++;
        sums->bytes += size;
        sums->old += (hg_flags(graph, node) & HG_N_OLD) != 0;
    }
    return HG_OK;
}

/* Notes an object that may be the largest of its kind. */
static void
offer(const struct finding *finding, struct hg_group *sums, uint64_t *most, uint32_t at) {
    uint64_t size = hg_retained_at(finding->tree, at);
    if (sums->largest != HG_NO_NODE && size < *most) return;
    uint32_t node = hg_tree_node(finding->tree, at);
    if (sums->largest == HG_NO_NODE) sums->type = hg_type(finding->graph, node);
    if (sums->largest == HG_NO_NODE || size > *most || node < sums->largest) sums->largest = node;
    *most = size;
}

/* For each kind: where the run of its last outermost object ends, and what its largest retains. */
struct covering {
    uint32_t end;
    uint64_t most;
};

static enum hg_status
sum_retained(struct finding *finding) {
    const struct hg_tree *tree = finding->tree;
    struct covering *covering = calloc(finding->count + 1, sizeof(*covering));
    if (!covering) return HG_NO_MEMORY;
    enum hg_status status = HG_OK;
    hg_phase(finding->task, "kinds", tree->reached);
    for (uint32_t at = 0; at < tree->reached; at++) {
        if (at % HG_STRIDE == 0 && !hg_step(finding->task, at)) {
            status = HG_STOPPED;
            break;
        }
        uint32_t number = finding->at[at];
        struct hg_group *sums = &finding->kinds[number].sums;
        if (!sums->count) continue; // a root
        offer(finding, sums, &covering[number].most, at);
        if (at < covering[number].end) continue;
        covering[number].end = hg_end(tree, at);
        sums->retained += hg_retained_at(tree, at);
    }
    free(covering);
    return status;
}

static enum hg_status
find(struct finding *finding) {
    enum hg_status status = count_nodes(finding);
    return status == HG_OK ? sum_retained(finding) : status;
}

enum hg_status
hg_kinds_build(const struct hg_graph *graph, const struct hg_tree *tree, struct hg_task *task,
               struct hg_kinds *kinds) {
    *kinds = (struct hg_kinds){0};
    struct owned *owned = calloc(1, sizeof(*owned));
    struct finding *finding = calloc(1, sizeof(*finding));
    enum hg_status status = HG_NO_MEMORY;
    if (owned && finding) {
        *finding = (struct finding){.graph = graph, .tree = tree, .task = task};
        for (int i = 0; i < LATELY; i++) finding->lately[i].kind = HG_NO_NODE;
        finding->at = hg_array_raw(tree->reached, sizeof(*finding->at));
        if (finding->at) status = find(finding);
        *owned = (struct owned){finding->kinds, finding->at, NULL};
        *kinds = (struct hg_kinds){
            .count = (uint32_t)finding->count,
            .kind = owned->kinds,
            .at.array = owned->at,
            .owned = owned,
        };
        hg_slots_free(&finding->slots);
        if (status == HG_OK)
            status = hg_outline(graph, tree, kinds, task, &owned->outline, &kinds->outlined);
        kinds->outline = owned->outline;
    }
    else free(owned);
    free(finding);
    if (status != HG_OK) hg_kinds_free(kinds);
    return status;
}

void
hg_kinds_free(struct hg_kinds *kinds) {
    struct owned *owned = kinds->owned;
    if (owned) {
        free(owned->kinds);
        hg_array_free(owned->at);
        free(owned->outline);
        free(owned);
    }
    *kinds = (struct hg_kinds){0};
}
