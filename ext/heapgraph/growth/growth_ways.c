/*
 * Place in the flow: see growth_ways.h.
 *
 * There is one search for each rank. Within a rank it is breadth first with lengths from 0 to 3: a
 * ring has one list for each length that can be waiting. An edge whose rank is worse than the
 * current one waits for the search of its own rank, and is offered when that search has come to its
 * length.
 */
#include "growth/growth_ways.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/progress.h"
#include "growth/growth_frames.h"
#include "paths/former.h"
#include "paths/steps.h"

#define RING 4 /* more than the length of any edge */

/*
 * Nodes of a list that come soon: what is read of them is fetched before it is needed, first where
 * it is and then the numbers themselves, because columns are packed in frames.
 */
enum { FAR_AHEAD = 24, AHEAD = 16, NEAR_AHEAD = 8, EDGES_AHEAD = 8, FEW_EDGES = 4 };

/* In the place of a length: the node has its path, so no other is shorter. */
#define SETTLED (-1)

/* An edge that waits for the search of its rank. */
struct late {
    uint32_t from, to, name;
    int32_t length;
};

struct lates {
    struct late *items;
    size_t count, room;
};

struct search {
    const struct hg_graph *graph;
    struct hg_steps *steps;
    struct hg_ways *ways;
    int32_t *length; /* by node, within the current rank; SETTLED */
    struct hg_numbers ring[RING];
    struct lates lates[HG_RANKS];
    enum hg_rank rank;
    size_t waiting; /* in the ring */
    bool failed;
};

static void
put_off(struct search *search, enum hg_rank rank, struct late late) {
    struct lates *lates = &search->lates[rank];
    if (hg_grow(&lates->items, lates->count, &lates->room, 256, sizeof(*lates->items)))
        lates->items[lates->count++] = late;
    else search->failed = true;
}

bool
hg_is_captured(const struct hg_graph *graph, const struct hg_ways *ways, uint32_t from,
               uint32_t name) {
    return hg_edge_kind(name) == HG_E_CAPTURED && ways->parent[from] != HG_NO_NODE &&
           !ways->module[from] && hg_steps_is_part(graph, ways->name[from], "env");
}

/* As hg_steps_shares, which is asked only for the few edges that are fields. */
static bool
shares(const struct search *search, uint32_t from, uint32_t to, uint32_t name) {
    return hg_edge_kind(name) == HG_E_FIELD && hg_steps_shares(search->graph, from, to, name);
}

/*
 * The hash of a path with one edge more. The edge from an array to the buffer that it shares is no
 * step, and that from a frame to its env is none on the way to a variable of it.
 */
static uint64_t
hash_of(struct search *search, uint32_t from, uint32_t to, uint32_t name) {
    const struct hg_ways *ways = search->ways;
    if (shares(search, from, to, name)) return ways->hash[from];
    if (hg_is_captured(search->graph, ways, from, name))
        return hg_steps_join(ways->hash[ways->parent[from]],
                             hg_steps_captured(search->steps, ways->name[from], name, to));
    return hg_steps_join(ways->hash[from], hg_steps_take(search->steps, name, to));
}

static void
offer(struct search *search, uint32_t from, uint32_t to, uint32_t name, int32_t length) {
    if (length > search->length[to]) return;
    uint64_t hash = hash_of(search, from, to, name);
    if (length == search->length[to] && hash >= search->ways->hash[to]) return;
    bool waits_already = length == search->length[to];
    search->length[to] = length;
    search->ways->hash[to] = hash;
    search->ways->parent[to] = from;
    search->ways->name[to] = name;
    if (waits_already) return;
    struct hg_numbers *list = &search->ring[length % RING];
    hg_numbers_add(list, to);
    search->waiting++;
    if (list->failed) search->failed = true;
}

/*
 * What a thread or fiber holds without a name is mostly on its stack. If frames are named, these
 * are words that no frame needs any more, and so no reason for growth. The only exception is the
 * block of the thread itself, a Proc.
 */
static enum hg_rank
rank_without_name(const struct hg_graph *graph, uint32_t target) {
    bool named = !graph->account.objspace_format;
    return named && hg_type(graph, target) != HG_T_DATA ? HG_RANK_STACK : HG_RANK_FRAME;
}

static void
follow(struct search *search, uint32_t from, uint32_t to, uint32_t name, int32_t length,
       enum hg_rank least) {
    if (length > search->length[to]) return;
    enum hg_rank rank = hg_step_rank(search->graph, from, to, name);
    if (!shares(search, from, to, name)) length += hg_step_length(search->graph, to, name);
    if (rank < least) rank = least;
    if (rank > search->rank) put_off(search, rank, (struct late){from, to, name, length});
    else offer(search, from, to, name, length);
}

/* Fetches where number `i` of a column is: in an array, that is the number itself. */
static inline void
fetch_frame(const struct hg_column *column, uint64_t i, size_t size) {
    if (column->array) __builtin_prefetch((const char *)column->array + i * size);
    else __builtin_prefetch(&column->frame[i / HG_FRAME]);
}

/* Fetches the number itself. */
static inline void
fetch_number(const struct hg_column *column, uint64_t i) {
    if (column->array) return;
    const struct hg_frame *frame = &column->frame[i / HG_FRAME];
    uint64_t width = frame[1].begin - frame[0].begin;
    __builtin_prefetch(column->word + frame->begin + i % HG_FRAME * width / 64);
}

/* Fetches what `expand` will read of the nodes that come soon. */
static inline void
fetch_ahead(const struct search *search, const struct hg_numbers *list, size_t i) {
    const struct hg_graph *graph = search->graph;
    if (i + FAR_AHEAD >= list->count) return; // there are few, or the end is near
    uint32_t far = list->items[i + FAR_AHEAD], next = list->items[i + AHEAD];
    fetch_frame(&graph->first, far, 4);
    fetch_frame(&graph->class_node, far, 4);
    fetch_frame(&graph->type, far, 1);
    __builtin_prefetch(&search->length[far], 1);
    fetch_number(&graph->first, next);
    fetch_number(&graph->class_node, next);
    fetch_number(&graph->type, next);
    uint32_t near = list->items[i + NEAR_AHEAD], edge = hg_first(graph, near);
    if (edge >= graph->edges) return;
    fetch_frame(&graph->target, edge, 4);
    fetch_frame(&graph->name, edge, 4);
    near = list->items[i + NEAR_AHEAD / 2];
    uint32_t end = hg_first(graph, near + 1);
    edge = hg_first(graph, near);
    if (end - edge > FEW_EDGES) end = edge + FEW_EDGES;
    for (; edge < end; edge++) __builtin_prefetch(&search->length[hg_target(graph, edge)], 1);
}

/* Offers a path to all that a node holds whose own has this length. */
static void
expand(struct search *search, uint32_t node, int32_t length) {
    const struct hg_graph *graph = search->graph;
    bool stack = hg_is_stack(graph, node);
    uint32_t first = hg_first(graph, node);
    uint8_t *inner = NULL;
    if (stack && !hg_frames_inner(graph, node, &inner)) search->failed = true;
    for (uint32_t e = first, end = hg_first(graph, node + 1); e < end; e++) {
        uint32_t name = hg_name(graph, e);
        if (end - e > EDGES_AHEAD)
            __builtin_prefetch(&search->length[hg_target(graph, e + EDGES_AHEAD)], 1);
        if (!hg_edge_holds(name) || (inner && inner[e - first])) continue;
        bool unnamed = hg_edge_kind(name) == HG_E_REFERENCE;
        follow(search, node, hg_target(graph, e), name, length,
               stack && unnamed ? rank_without_name(graph, hg_target(graph, e)) : HG_RANK_NAMED);
    }
    free(inner);
    uint32_t class = hg_class(graph, node);
    if (class != HG_NO_NODE) follow(search, node, class, HG_CLASS_STEP, length, HG_RANK_NAMED);
}

static int
shorter(const void *left, const void *right) {
    const struct late *a = left, *b = right;
    return a->length < b->length ? -1 : a->length > b->length;
}

static void
settle(struct search *search, uint32_t node, int32_t length) {
    search->length[node] = SETTLED;
    search->ways->rank[node] = (uint8_t)search->rank;
    search->ways->order[search->ways->reached++] = node;
    expand(search, node, length);
}

/* Settles all nodes whose best rank is the current one. */
static enum hg_status
search_rank(struct search *search, struct hg_task *task) {
    struct lates *lates = &search->lates[search->rank];
    if (lates->count) qsort(lates->items, lates->count, sizeof(*lates->items), shorter);
    size_t next = 0, settled = 0;
    int32_t length = 0;
    while (search->waiting || next < lates->count) {
        if (!search->waiting && lates->items[next].length > length)
            length = lates->items[next].length;
        for (; next < lates->count && lates->items[next].length == length; next++) {
            const struct late *late = &lates->items[next];
            offer(search, late->from, late->to, late->name, length);
        }
        struct hg_numbers *list = &search->ring[length % RING];
        // edges to roots and shared buffers have length 0, so the list grows meanwhile
        for (size_t i = 0; i < list->count; i++) {
            uint32_t node = list->items[i];
            fetch_ahead(search, list, i);
            if (search->length[node] != length) continue;
            settle(search, node, length);
            if (++settled % HG_STRIDE == 0 && !hg_step(task, search->ways->reached))
                return HG_STOPPED;
        }
        search->waiting -= list->count;
        list->count = 0;
        length++;
        if (search->failed || search->steps->failed) return HG_NO_MEMORY;
    }
    lates->count = 0;
    return HG_OK;
}

static bool
is_module(const struct hg_graph *graph, uint32_t node) {
    uint8_t type = hg_type(graph, node);
    return (type == HG_T_CLASS || type == HG_T_MODULE) &&
           !(hg_flags(graph, node) & HG_N_SINGLETON) && hg_label(graph, node) != HG_NO_STRING;
}

static void
begin_at(struct search *search, uint32_t module, uint32_t from, uint32_t name) {
    search->ways->module[module] = 1;
    search->ways->parent[module] = from;
    search->ways->name[module] = name;
    search->ways->order[search->ways->reached++] = module;
    search->length[module] = SETTLED;
    search->ways->hash[module] = hg_steps_module(search->steps, module);
}

/* Begins at Object and at all modules that it leads to by constants. */
static void
begin_at_constants(struct search *search, uint32_t object) {
    const struct hg_graph *graph = search->graph;
    begin_at(search, object, HG_NO_NODE, hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE));
    for (uint32_t i = 0; i < search->ways->reached; i++) {
        uint32_t node = search->ways->order[i];
        for (uint32_t e = hg_first(graph, node), end = hg_first(graph, node + 1); e < end; e++) {
            uint32_t target = hg_target(graph, e);
            if (hg_edge_kind(hg_name(graph, e)) != HG_E_CONSTANT || search->ways->module[target])
                continue;
            if (is_module(graph, target)) begin_at(search, target, node, hg_name(graph, e));
        }
    }
}

/*
 * For a dump without names of constants: begins at all modules that have a name, except those of
 * which another one has taken the name.
 */
static void
begin_at_all_modules(struct search *search) {
    uint8_t *former = hg_array(search->graph->nodes, 1);
    if (!former || !hg_modules_former(search->graph, former)) search->failed = true;
    for (uint32_t node = 0; node < search->graph->objects && !search->failed; node++) {
        if (is_module(search->graph, node) && !search->ways->module[node] && !former[node])
            begin_at(search, node, HG_NO_NODE, hg_edge_name(HG_E_REFERENCE, HG_PAYLOAD_NONE));
    }
    hg_array_free(former);
}

static void
begin_at_modules(struct search *search) {
    const struct hg_graph *graph = search->graph;
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (!is_module(graph, node) || !hg_string_is(graph, hg_label(graph, node), "Object"))
            continue;
        begin_at_constants(search, node);
        break;
    }
    if (search->ways->reached <= 1) begin_at_all_modules(search);
}

/*
 * Gives modules without a parent the first root that holds them, so that their paths can be shown:
 * this is Object, and in a dump without constants every module.
 */
static void
hang_modules(struct search *search) {
    const struct hg_graph *graph = search->graph;
    struct hg_ways *ways = search->ways;
    for (uint32_t root = graph->objects; root < graph->objects + graph->roots; root++) {
        if (hg_flags(graph, root) & (HG_N_CONSERVATIVE | HG_N_VM_CACHE)) continue;
        for (uint32_t e = hg_first(graph, root), end = hg_first(graph, root + 1); e < end; e++) {
            uint32_t target = hg_target(graph, e);
            if (!ways->module[target] || ways->parent[target] != HG_NO_NODE) continue;
            ways->parent[target] = root;
            ways->name[target] = hg_name(graph, e);
        }
    }
}

static enum hg_status
search_all(struct search *search, struct hg_task *task) {
    const struct hg_graph *graph = search->graph;
    begin_at_modules(search);
    uint32_t modules = search->ways->reached;
    search->rank = HG_RANK_NAMED;
    for (uint32_t i = 0; i < modules; i++) expand(search, search->ways->order[i], 0);

    uint32_t top = graph->nodes - 1;
    settle(search, top, 0);
    for (search->rank = HG_RANK_NAMED; search->rank < HG_RANKS; search->rank++) {
        enum hg_status status = search_rank(search, task);
        if (status != HG_OK) return status;
    }
    hang_modules(search);
    return HG_OK;
}

static bool
allocate(struct search *search) {
    struct hg_ways *ways = search->ways;
    size_t nodes = search->graph->nodes;
    ways->order = hg_array(nodes, sizeof(*ways->order));
    ways->parent = hg_array(nodes, sizeof(*ways->parent));
    ways->name = hg_array(nodes, sizeof(*ways->name));
    ways->rank = hg_array(nodes, 1);
    ways->module = hg_array(nodes, 1);
    ways->hash = hg_array(nodes, sizeof(*ways->hash));
    search->length = hg_array(nodes, sizeof(*search->length));
    return ways->order && ways->parent && ways->name && ways->rank && ways->module && ways->hash &&
           search->length;
}

enum hg_status
hg_ways_build(const struct hg_graph *graph, struct hg_steps *steps, struct hg_task *task,
              struct hg_ways *ways) {
    *ways = (struct hg_ways){0};
    struct search search = {.graph = graph, .steps = steps, .ways = ways};
    enum hg_status status = HG_NO_MEMORY;
    hg_phase(task, "ways", graph->nodes);
    if (allocate(&search)) {
        memset(ways->parent, 0xff, graph->nodes * sizeof(*ways->parent));   // HG_NO_NODE
        memset(search.length, 0x7f, graph->nodes * sizeof(*search.length)); // longer than any path
        status = search_all(&search, task);
    }
    hg_array_free(search.length);
    for (int i = 0; i < RING; i++) hg_numbers_free(&search.ring[i]);
    for (int i = 0; i < HG_RANKS; i++) free(search.lates[i].items);
    if (status != HG_OK) hg_ways_free(ways);
    return status;
}

struct hg_parents
hg_ways_parents(const struct hg_ways *ways) {
    return (struct hg_parents){
        .parent.array = ways->parent,
        .name.array = ways->name,
        .module.array = ways->module,
    };
}

void
hg_ways_forget_hashes(struct hg_ways *ways) {
    hg_array_free(ways->hash);
    ways->hash = NULL;
}

void
hg_ways_free(struct hg_ways *ways) {
    hg_array_free(ways->order);
    hg_array_free(ways->parent);
    hg_array_free(ways->name);
    hg_array_free(ways->rank);
    hg_array_free(ways->module);
    hg_array_free(ways->hash);
    *ways = (struct hg_ways){0};
}
