/*
 * Place in the flow: see semi_nca.h.
 *
 *   1 sort   the edges that are not in the depth-first tree, by the number to which they lead
 *   2 semi   finds semidominators, from the last number to the first
 *   3 nca    finds immediate dominators, from the first number to the last
 *
 * `preds` of a vertex is first the number of its predecessors. In step 1 it becomes the place where
 * these end, then where they begin; in step 2 it becomes the semidominator.
 */
#include "tree/semi_nca.h"

#include <string.h>

#include "base/array.h"
#include "base/progress.h"

/* How many elements ahead the memory for later ones is requested. */
enum { AHEAD = 8 };

/* The forest of step 2. */
struct link {
    uint32_t ancestor; /* an ancestor in the depth-first tree, each time nearer to the root */
    uint32_t best;     /* the least semidominator on the way up to that ancestor, itself left out */
};

struct work {
    struct hg_numbering *numbering;
    struct hg_task *task;
    uint32_t reached;
    struct hg_vertex *vertex;
    uint32_t *pred;    /* the numbers of predecessors */
    struct link *link; /* by number */
};

static enum hg_status
sort_edges(struct work *work) {
    struct hg_vertex *vertex = work->vertex;
    uint32_t reached = work->reached;
    uint64_t total = 0;
    for (uint32_t at = 0; at < reached; at++) {
        total += vertex[at].preds;
        if (total > UINT32_MAX) return HG_TOO_LARGE; // not in a graph that hg_load has made
        vertex[at].preds = (uint32_t)total;
        if (at % HG_STRIDE == 0 && hg_stops(work->task)) return HG_STOPPED;
    }
    vertex[reached].preds = (uint32_t)total;
    work->pred = hg_array_raw(total + AHEAD, sizeof(*work->pred));
    if (!work->pred) return HG_NO_MEMORY;
    memset(&work->pred[total], 0, AHEAD * sizeof(*work->pred));

    struct hg_list_reader edges = {.list = &work->numbering->edges, .consume = true};
    uint64_t done = 0;
    hg_phase(work->task, "sorting", total);
    for (const struct hg_number_edge *edge; (edge = hg_list_next(&edges, sizeof(*edge)));) {
        work->pred[--vertex[edge->to].preds] = edge->from;
        if (++done % HG_STRIDE == 0 && !hg_step(work->task, done)) return HG_STOPPED;
    }
    return HG_OK;
}

/*
 * Finds the least semidominator on the path from `at` up to its first ancestor that is not greater
 * than `limit`, that ancestor left out. Then lets all vertices on the path point to that ancestor.
 */
static inline uint32_t
evaluate(struct link *link, uint32_t *stack, uint32_t at, uint32_t limit) {
    uint32_t ancestor = link[at].ancestor;
    if (ancestor <= limit) return link[at].best;

    size_t depth = 0;
    uint32_t above = at;
    do {
        stack[depth++] = above;
        above = ancestor;
        ancestor = link[above].ancestor;
    } while (ancestor > limit);

    uint32_t best = link[above].best;
    while (depth > 0) {
        struct link *below = &link[stack[--depth]];
        if (best < below->best) below->best = best;
        else best = below->best;
        below->ancestor = ancestor;
    }
    return best;
}

/*
 * Finds the semidominator of `at`. The search ends at 0, which nothing is less than. Vertices to
 * which many others refer, such as classes, mostly get there soon. If the task shall stop, the
 * search ends anywhere and the answer has no meaning.
 */
static inline uint32_t
find_semidominator(const struct work *work, uint32_t *stack, uint32_t at, uint32_t end) {
    struct link *link = work->link;
    const uint32_t *pred = work->pred;
    uint32_t least = work->vertex[at].parent;
    for (uint32_t i = work->vertex[at].preds; i < end && least; i++) {
        uint32_t from = pred[i];
        if (hg_stops(work->task)) return 0;
        __builtin_prefetch(&link[pred[i + AHEAD]]);
        uint32_t found = from < at ? from : evaluate(link, stack, from, at);
        if (found < least) least = found;
    }
    for (uint32_t from = work->numbering->newest[at]; from && least;
         from = work->numbering->older[from]) {
        if (hg_stops(work->task)) return 0;
        uint32_t found = from < at ? from : evaluate(link, stack, from, at);
        if (found < least) least = found;
    }
    return least;
}

static enum hg_status
find_semidominators(struct work *work) {
    struct hg_vertex *vertex = work->vertex;
    uint32_t *stack = hg_array_sparse(work->reached, sizeof(*stack));
    if (!stack) return HG_NO_MEMORY;

    hg_phase(work->task, "dominators", work->reached);
    enum hg_status status = HG_OK;
    uint32_t end = vertex[work->reached].preds;
    for (uint32_t at = work->reached - 1; at > 0 && status == HG_OK; at--) {
        uint32_t semi = find_semidominator(work, stack, at, end);
        end = vertex[at].preds;
        vertex[at].preds = semi;
        work->link[at] = (struct link){vertex[at].parent, semi};
        if (at % HG_STRIDE == 0) (void)hg_step(work->task, work->reached - at);
        if (hg_stops(work->task)) status = HG_STOPPED;
    }
    hg_array_free(stack);
    return status;
}

static enum hg_status
find_dominators(struct work *work) {
    struct hg_vertex *vertex = work->vertex;
    uint64_t steps = 0;

    for (uint32_t at = 1; at < work->reached; at++) {
        uint32_t dominator = vertex[at].parent;
        while (dominator > vertex[at].preds) {
            dominator = vertex[dominator].parent;
            if (++steps % HG_STRIDE == 0 && hg_stops(work->task)) return HG_STOPPED;
        }
        if (++steps % HG_STRIDE == 0 && hg_stops(work->task)) return HG_STOPPED;
        vertex[at].parent = dominator;
    }
    return HG_OK;
}

enum hg_status
hg_semi_nca(struct hg_numbering *numbering, struct hg_task *task) {
    struct work work = {.numbering = numbering,
                        .task = task,
                        .reached = numbering->reached,
                        .vertex = numbering->vertex};
    enum hg_status status = sort_edges(&work);
    if (status == HG_OK) {
        work.link = hg_array_raw(work.reached, sizeof(*work.link));
        status = work.link ? find_semidominators(&work) : HG_NO_MEMORY;
    }
    hg_array_free(work.pred);
    hg_array_free(work.link);
    hg_numbering_free_edges(numbering);
    return status == HG_OK ? find_dominators(&work) : status;
}
