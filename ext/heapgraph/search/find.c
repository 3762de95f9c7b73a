/* Place in the flow: see find.h. */
#include "search/find.h"

#include <string.h>

#include "base/best.h"
#include "base/blocks.h"
#include "search/by_kind.h"
#include "search/of_classes.h"
#include "search/kin.h"

static bool
matches(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_filter *filter,
        struct hg_of_classes *of, uint32_t node) {
    if (filter->type != HG_ANY_TYPE && hg_type(graph, node) != filter->type) return false;
    if (filter->reachable && !hg_is_reachable(tree, node)) return false;
    if (filter->least_bytes && hg_memsize(graph, node) < filter->least_bytes) return false;
    if (filter->classes && !hg_is_of_classes(graph, of, node)) return false;
    for (size_t i = 0; i < filter->condition_count; i++)
        if (!hg_meets(graph, tree, &filter->conditions[i], node)) return false;
    return true;
}

/* Of the columns that are looked at for each node. */
static void
let_go_behind(const struct hg_graph *graph, size_t node) {
    hg_column_let_go(&graph->class_node, node);
    hg_column_let_go(&graph->type, node);
    hg_column_let_go(&graph->memsize, node);
}

/* The marks of a condition that only nodes with a mark meet; NULL if there is none. */
static const uint8_t *
marks_of(const struct hg_filter *filter) {
    for (size_t i = 0; i < filter->condition_count; i++) {
        const struct hg_condition *condition = &filter->conditions[i];
        bool of_node = condition->subject >= HG_IF_HELD_BY &&
                       condition->subject <= HG_IF_HOLDS_INSTANCE;
        if (of_node && condition->relation == HG_EQUAL) return condition->marks;
    }
    return NULL;
}

/* The first node from `node` on that has a mark, or one before it; `end` if there is none. */
static uint64_t
skip_unmarked(const uint8_t *marks, uint64_t node, uint64_t end) {
    uint64_t eight;
    while (node % sizeof(eight) && node < end && !marks[node]) node++;
    if (node % sizeof(eight)) return node;
    for (; end - node >= sizeof(eight); node += sizeof(eight)) {
        memcpy(&eight, marks + node, sizeof(eight));
        if (eight) break;
    }
    return node;
}

/* Takes a node that matches, and how many have matched before it. False: there is no memory. */
typedef bool take_match(void *to, uint32_t node, uint64_t before);

struct matching {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    const struct hg_filter *filter;
    size_t candidates;
    const uint8_t *marks; /* see marks_of */
};

static struct matching
matching(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_filter *filter) {
    return (struct matching){
        .graph = graph,
        .tree = tree,
        .filter = filter,
        .candidates = filter->nodes ? filter->node_count : graph->objects,
        .marks = filter->nodes ? NULL : marks_of(filter),
    };
}

/* Looks at candidates `from` … `end`-1. HG_OK or HG_NO_MEMORY. */
static enum hg_status
match_block(const struct matching *matching, size_t from, size_t end, take_match *offer, void *to,
            struct hg_found *found) {
    const struct hg_graph *graph = matching->graph;
    const struct hg_filter *filter = matching->filter;
    struct hg_of_classes of = hg_of_classes(filter->classes, filter->class_count);
    if (!filter->nodes) let_go_behind(graph, from);
    for (size_t i = from; i < end; i++) {
        if (matching->marks && !matching->marks[i]) i = skip_unmarked(matching->marks, i + 1, end);
        if (i == end) break;
        uint32_t node = filter->nodes ? filter->nodes[i] : (uint32_t)i;
        if (matching->marks && !matching->marks[node]) continue;
        if (node >= graph->objects || !matches(graph, matching->tree, filter, &of, node)) continue;
        if (!offer(to, node, found->objects)) return HG_NO_MEMORY;
        found->objects++;
        found->bytes += hg_memsize(graph, node);
    }
    return HG_OK;
}

/* Calls `offer` with each node that matches, in their order. */
static enum hg_status
each_match(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_filter *filter,
           struct hg_task *task, take_match *offer, void *to, struct hg_found *found) {
    struct matching all = matching(graph, tree, filter);
    memset(found, 0, sizeof(*found));
    hg_phase(task, "searching", all.candidates);
    for (size_t from = 0; from < all.candidates; from += HG_STRIDE) {
        if (!hg_step(task, from)) return HG_STOPPED;
        size_t end = all.candidates - from < HG_STRIDE ? all.candidates : from + HG_STRIDE;
        if (match_block(&all, from, end, offer, to, found) != HG_OK) return HG_NO_MEMORY;
    }
    return HG_OK;
}

/* For hg_find. */
struct ranking {
    const struct hg_graph *graph;
    const struct hg_tree *tree;
    const struct hg_listing *listing;
    const uint32_t *referrers; /* by node, for HG_SORT_REFERRERS */
    struct hg_best best;
    struct hg_numbers *nodes; /* for HG_SORT_ADDRESS, which needs no score */
};

static uint64_t
score(const struct ranking *ranking, uint32_t node) {
    uint64_t size = hg_memsize(ranking->graph, node);
    if (ranking->listing->sort == HG_SORT_SIZE) return size;
    if (ranking->listing->sort == HG_SORT_REFERRERS) return ranking->referrers[node];
    if (!hg_is_reachable(ranking->tree, node)) return size;
    return hg_retained(ranking->tree, node) | (uint64_t)1 << 63;
}

static bool
rank(void *to, uint32_t node, uint64_t before) {
    struct ranking *ranking = to;
    return hg_best_offer(&ranking->best, score(ranking, node), node);
}

/* One thread of rank_all. */
struct ranker {
    struct ranking ranking;
    struct hg_found found;
};

struct rankers {
    struct matching matching;
    struct ranker *ranker; /* by thread */
};

static enum hg_status
rank_block(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct rankers *rankers = data;
    struct ranker *ranker = &rankers->ranker[thread];
    return match_block(&rankers->matching, from, to, rank, &ranker->ranking, &ranker->found);
}

/* Ranks all that match, by several threads, each of which keeps the best of those that it sees. */
static enum hg_status
rank_all(struct ranking *ranking, const struct hg_filter *filter, struct hg_task *task,
         struct hg_found *found) {
    struct ranker ranker[HG_BLOCK_THREADS];
    struct rankers rankers = {matching(ranking->graph, ranking->tree, filter), ranker};
    unsigned threads = hg_block_threads(rankers.matching.candidates);
    for (unsigned i = 0; i < threads; i++) {
        ranker[i] = (struct ranker){.ranking = *ranking};
        ranker[i].ranking.best = (struct hg_best){.room = ranking->best.room};
    }
    hg_phase(task, "searching", rankers.matching.candidates);
    enum hg_status status = hg_each_block(rankers.matching.candidates, threads, task, rank_block,
                                          &rankers);
    memset(found, 0, sizeof(*found));
    for (unsigned i = 0; i < threads; i++) {
        found->objects += ranker[i].found.objects;
        found->bytes += ranker[i].found.bytes;
        if (!hg_best_join(&ranking->best, &ranker[i].ranking.best)) status = HG_NO_MEMORY;
        hg_best_free(&ranker[i].ranking.best);
    }
    return status;
}

static bool
take_in_order(void *to, uint32_t node, uint64_t before) {
    struct ranking *ranking = to;
    const struct hg_listing *listing = ranking->listing;
    if (before >= listing->offset && before - listing->offset < listing->limit)
        hg_numbers_add(ranking->nodes, node);
    return !ranking->nodes->failed;
}

static enum hg_status
find_sorted(struct ranking *ranking, const struct hg_filter *filter, struct hg_task *task,
            struct hg_found *found) {
    const struct hg_listing *listing = ranking->listing;
    struct hg_best *best = &ranking->best;
    best->room = listing->limit ? (size_t)listing->offset + listing->limit : 0;
    bool done = false;
    enum hg_status status = HG_OK;
    if (listing->sort == HG_SORT_RETAINED)
        status = hg_find_by_kind(ranking->graph, ranking->tree, filter, task, best, found, &done);
    if (status == HG_OK && !done) status = rank_all(ranking, filter, task, found);
    hg_best_sort(best);
    for (size_t i = listing->offset; status == HG_OK && i < best->count; i++)
        hg_numbers_add(ranking->nodes, best->items[i].node);
    hg_best_free(best);
    return status == HG_OK && ranking->nodes->failed ? HG_NO_MEMORY : status;
}

enum hg_status
hg_find(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_filter *filter,
        const struct hg_listing *listing, struct hg_task *task, struct hg_numbers *nodes,
        struct hg_found *found) {
    struct ranking ranking = {.graph = graph, .tree = tree, .listing = listing, .nodes = nodes};
    if (listing->sort == HG_SORT_ADDRESS)
        return each_match(graph, tree, filter, task, take_in_order, &ranking, found);
    if (listing->sort != HG_SORT_REFERRERS) return find_sorted(&ranking, filter, task, found);

    uint32_t *counts = hg_array(graph->nodes, sizeof(*counts));
    if (!counts) return HG_NO_MEMORY;
    ranking.referrers = counts;
    enum hg_status status = hg_count_referrers(graph, task, counts);
    if (status == HG_OK) status = find_sorted(&ranking, filter, task, found);
    hg_array_free(counts);
    return status;
}

/* For hg_sample. The k-th object is the one before which k × total / limit have matched. */
struct sampling {
    struct hg_numbers *nodes;
    uint64_t total, limit;
};

static bool
count_only(void *to, uint32_t node, uint64_t before) {
    return true;
}

static bool
pick(void *to, uint32_t node, uint64_t before) {
    struct sampling *sampling = to;
    uint64_t next = sampling->nodes->count * sampling->total / sampling->limit;
    if (sampling->total <= sampling->limit || before == next) hg_numbers_add(sampling->nodes, node);
    return !sampling->nodes->failed;
}

enum hg_status
hg_sample(const struct hg_graph *graph, const struct hg_tree *tree, const struct hg_filter *filter,
          uint32_t limit, struct hg_task *task, struct hg_numbers *nodes, struct hg_found *found) {
    enum hg_status status = each_match(graph, tree, filter, task, count_only, NULL, found);
    if (status != HG_OK || limit == 0) return status;
    struct sampling sampling = {.nodes = nodes, .total = found->objects, .limit = limit};
    return each_match(graph, tree, filter, task, pick, &sampling, found);
}

static bool
mark(void *to, uint32_t node, uint64_t before) {
    uint64_t *marks = to;
    marks[node / 64] |= UINT64_C(1) << node % 64;
    return true;
}

/* For hg_mark_found. */
struct marking {
    struct matching matching;
    uint64_t *marks;
};

/* The marks of a block are in words of its own. */
_Static_assert(HG_STRIDE % 64 == 0, "no two threads write to the same word");

static enum hg_status
mark_block(void *data, unsigned thread, uint64_t from, uint64_t to) {
    const struct marking *marking = data;
    struct hg_found found = {0};
    return match_block(&marking->matching, from, to, mark, marking->marks, &found);
}

enum hg_status
hg_mark_found(const struct hg_graph *graph, const struct hg_tree *tree,
              const struct hg_filter *filter, struct hg_task *task, uint64_t *marks) {
    struct marking marking = {matching(graph, tree, filter), marks};
    uint64_t candidates = marking.matching.candidates;
    // a list of nodes has several of one word in two blocks
    unsigned threads = filter->nodes ? 1 : hg_block_threads(candidates);
    hg_phase(task, "searching", candidates);
    return hg_each_block(candidates, threads, task, mark_block, &marking);
}

static void
add_referred(struct hg_numbers *nodes, uint32_t node, uint32_t references) {
    hg_numbers_add(nodes, node);
    hg_numbers_add(nodes, references);
}

/* Adds those that the inverse knows. Returns false if there may be more of them. */
static bool
add_known(const struct hg_graph *graph, const struct hg_inverse *inverse, bool program,
          uint32_t limit, struct hg_numbers *nodes) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < inverse->referred && found < limit; i++) {
        const struct hg_referred *referred = &inverse->most[i];
        if (program && hg_kin(graph, referred->node) != HG_KIN_PROGRAM) continue;
        add_referred(nodes, referred->node, referred->references);
        found++;
    }
    return found == limit || inverse->referred < HG_MOST_REFERRED;
}

enum hg_status
hg_most_referred(const struct hg_graph *graph, const struct hg_inverse *inverse, bool program,
                 uint32_t limit, struct hg_task *task, struct hg_numbers *nodes) {
    size_t before = nodes->count;
    if (inverse && add_known(graph, inverse, program, limit, nodes))
        return nodes->failed ? HG_NO_MEMORY : HG_OK;
    nodes->count = before;
    uint32_t *counts = hg_array(graph->nodes, sizeof(*counts));
    if (!counts) return HG_NO_MEMORY;
    struct hg_best best = {.room = limit};
    enum hg_status status = hg_count_referrers(graph, task, counts);
    for (uint32_t node = 0; status == HG_OK && node < graph->objects; node++) {
        // most are too few to be among the best, so their kin need not be known
        if (!counts[node] || !hg_best_takes(&best, counts[node], node)) continue;
        if (program && hg_kin(graph, node) != HG_KIN_PROGRAM) continue;
        if (!hg_best_offer(&best, counts[node], node)) status = HG_NO_MEMORY;
    }
    hg_best_sort(&best);
    for (size_t i = 0; status == HG_OK && i < best.count; i++)
        add_referred(nodes, best.items[i].node, (uint32_t)best.items[i].score);
    hg_best_free(&best);
    hg_array_free(counts);
    return status == HG_OK && nodes->failed ? HG_NO_MEMORY : status;
}

enum hg_status
hg_modules_named(const struct hg_graph *graph, const char *name, size_t length,
                 struct hg_numbers *nodes) {
    for (uint32_t node = 0; node < graph->objects; node++) {
        if (hg_label(graph, node) == HG_NO_STRING) {
            node += hg_same_behind(&graph->label, node);
            continue;
        }
        switch (hg_type(graph, node)) {
        case HG_T_CLASS:
        case HG_T_MODULE:
        case HG_T_MISSING:
            break;
        default:
            continue;
        }
        size_t other_length;
        const char *other = hg_string(graph, hg_label(graph, node), &other_length);
        bool same = !name || (other_length == length && memcmp(other, name, length) == 0);
        if (same) hg_numbers_add(nodes, node);
    }
    return nodes->failed ? HG_NO_MEMORY : HG_OK;
}
