/*
 * Place in the flow: see binding.h. Which objects hold which, as methods of HeapDump::Graph. They
 * take and return integers, strings and arrays of them; lib/heapdump/snapshot.rb makes objects of
 * these.
 */
#include "binding/binding.h"
#include "base/array.h"
#include "tree/cut.h"
#include "tree/retained.h"
#include "search/kin.h"

/* A page of a long list, for hg_referrers, hg_dominated and hg_top. */
struct page_of_nodes {
    uint32_t node, offset, limit, found;
    bool instances, named;
    uint64_t total;
    void *items;
};

static void *
room_for(uint32_t limit, size_t size) {
    void *items = calloc((size_t)limit + 1, size);
    if (!items) rb_raise(rb_eNoMemError, "no memory for a list of %u", limit);
    return items;
}

static void
free_page(void *data) {
    struct page_of_nodes *page = data;
    free(page->items);
}

static enum hg_status
referrers_of(struct binding *self, struct page_of_nodes *page, struct hg_task *task) {
    const struct hg_inverse *inverse = self->has[HG_PART_INVERSE] ? &self->analysis.inverse : NULL;
    enum hg_status status = hg_referrers(self->analysis.graph, inverse, page->node, page->instances,
                                         page->offset, page->limit, task, page->items, &page->found,
                                         &page->total);
    if (status != HG_OK) free_page(page);
    return status;
}

static enum hg_status
find_referrers(struct binding *self, void *page) {
    return referrers_of(self, page, &self->task);
}

/*
 * How many times all edges are scanned for the referrers of a node. To build the inverse takes
 * about as long, so whoever asks for many referrers waits at most twice as long as with foresight.
 * One that is in the index costs nothing.
 */
enum { SCANS = 16 };

/* Scans the edges once more, or builds the inverse. */
static void
scan_or_build(VALUE self, struct binding *binding) {
    if (binding->has[HG_PART_INVERSE]) return;
    if (!hg_analysis_has(&binding->analysis, HG_PART_INVERSE) && binding->scans++ < SCANS) return;
    hgb_with(self, HG_PART_INVERSE);
}

/*
 *  call-seq: graph.referrers(node, instances, offset, limit) -> [total, [name, source, …]]
 *
 * The nodes that refer to a node. With instances, those that refer to a class as its instances as
 * well.
 */
static VALUE
graph_referrers(VALUE self, VALUE number, VALUE instances, VALUE offset, VALUE limit) {
    struct binding *binding = hgb_loaded(self);
    scan_or_build(self, binding);
    struct page_of_nodes page = {
        .node = hgb_node(binding, number),
        .instances = RTEST(instances),
        .offset = hgb_limit(binding, offset),
        .limit = hgb_limit(binding, limit),
    };
    page.items = room_for(page.limit, sizeof(struct hg_referrer));
    if (binding->has[HG_PART_INVERSE] && !page.instances) {
        struct hg_task task = {0}; // this is quick and needs no thread
        hgb_check(binding, &task, referrers_of(binding, &page, &task));
    }
    else hgb_run(binding, find_referrers, &page, free_page);

    const struct hg_referrer *referrers = page.items;
    VALUE edges = rb_ary_new();
    for (uint32_t i = 0; i < page.found; i++) {
        rb_ary_push(edges, UINT2NUM(referrers[i].name));
        rb_ary_push(edges, UINT2NUM(referrers[i].node));
    }
    free_page(&page);
    return rb_assoc_new(ULL2NUM(page.total), edges);
}

static enum hg_status
find_dominated(struct binding *self, void *data) {
    struct page_of_nodes *page = data;
    uint32_t total = 0;
    enum hg_status status = hg_dominated(&self->analysis.tree, page->node, page->offset,
                                         page->limit, page->items, &page->found, &total);
    page->total = total;
    if (status != HG_OK) free_page(page);
    return status;
}

static enum hg_status
find_top(struct binding *self, void *data) {
    struct page_of_nodes *page = data;
    const struct hg_column *through = page->named ? &self->analysis.parents.module : NULL;
    uint32_t total = 0;
    enum hg_status status = hg_top(self->analysis.graph, &self->analysis.tree, through,
                                   page->offset, page->limit, page->items, &page->found, &total);
    page->total = total;
    if (status != HG_OK) free_page(page);
    return status;
}

static VALUE
page_of(struct page_of_nodes *page) {
    const uint32_t *nodes = page->items;
    VALUE numbers = rb_ary_new();
    for (uint32_t i = 0; i < page->found; i++) rb_ary_push(numbers, UINT2NUM(nodes[i]));
    free_page(page);
    return rb_assoc_new(ULL2NUM(page->total), numbers);
}

/*
 *  call-seq: graph.dominated(node, offset, limit) -> [total, nodes]
 *
 * The children of a node in the dominator tree, largest first.
 */
static VALUE
graph_dominated(VALUE self, VALUE number, VALUE offset, VALUE limit) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct page_of_nodes page = {
        .node = hgb_node(binding, number),
        .offset = hgb_limit(binding, offset),
        .limit = hgb_limit(binding, limit),
    };
    page.items = room_for(page.limit, sizeof(uint32_t));
    hgb_run(binding, find_dominated, &page, free_page);
    return page_of(&page);
}

/*
 *  call-seq: graph.top(through_modules, offset, limit) -> [total, nodes]
 *
 * The objects that only roots dominate, largest first. With through_modules, named modules count as
 * roots.
 */
static VALUE
graph_top(VALUE self, VALUE through_modules, VALUE offset, VALUE limit) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct page_of_nodes page = {
        .named = RTEST(through_modules),
        .offset = hgb_limit(binding, offset),
        .limit = hgb_limit(binding, limit),
    };
    if (page.named) hgb_with(self, HG_PART_PARENTS);
    page.items = room_for(page.limit, sizeof(uint32_t));
    hgb_run(binding, find_top, &page, free_page);
    return page_of(&page);
}

/* A page of hg_top for the objects of the program. */
struct program_page {
    struct page_of_nodes page;
    struct hg_kin_sum sums[HG_KINS];
};

static enum hg_status
find_program_top(struct binding *self, void *data) {
    struct program_page *program = data;
    struct page_of_nodes *page = &program->page;
    const struct hg_analysis *analysis = &self->analysis;
    uint8_t *through = hg_array(analysis->graph->nodes, 1);
    enum hg_status status = HG_NO_MEMORY;
    uint32_t total = 0;
    if (through) {
        hg_kin_through(analysis->graph, &analysis->tree, through, program->sums);
        struct hg_column column = {.array = through};
        status = hg_top(analysis->graph, &analysis->tree, &column, page->offset, page->limit,
                        page->items, &page->found, &total);
    }
    hg_array_free(through);
    page->total = total;
    if (status != HG_OK) free_page(page);
    return status;
}

/*
 *  call-seq: graph.program_top(offset, limit) -> [total, nodes, [objects, bytes, …]]
 *
 * The same for the objects of the program alone, and what was skipped above them: by kin, from
 * HG_KIN_VM on.
 */
static VALUE
graph_program_top(VALUE self, VALUE offset, VALUE limit) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct program_page program = {
        .page = {.offset = hgb_limit(binding, offset), .limit = hgb_limit(binding, limit)},
    };
    program.page.items = room_for(program.page.limit, sizeof(uint32_t));
    hgb_run(binding, find_program_top, &program, free_page);
    VALUE sums = rb_ary_new();
    for (int kin = HG_KIN_VM; kin < HG_KINS; kin++) {
        rb_ary_push(sums, ULL2NUM(program.sums[kin].objects));
        rb_ary_push(sums, ULL2NUM(program.sums[kin].bytes));
    }
    return rb_ary_push(page_of(&program.page), sums);
}

/* call-seq: graph.kin(node) -> integer, enum hg_kin */
static VALUE
graph_kin(VALUE self, VALUE number) {
    const struct binding *binding = hgb_loaded(self);
    return INT2FIX(hg_kin(binding->analysis.graph, hgb_node(binding, number)));
}

/* call-seq: graph.dominator(node) -> integer or nil */
static VALUE
graph_dominator(VALUE self, VALUE number) {
    const struct binding *binding = hgb_with(self, HG_PART_TREE);
    return hgb_node_or_nil(hg_dominator(&binding->analysis.tree, hgb_node(binding, number)));
}

/* call-seq: graph.reachable?(node) -> true or false */
static VALUE
graph_is_reachable(VALUE self, VALUE number) {
    const struct binding *binding = hgb_with(self, HG_PART_TREE);
    return hg_is_reachable(&binding->analysis.tree, hgb_node(binding, number)) ? Qtrue : Qfalse;
}

/* call-seq: graph.retained(node) -> [bytes, nodes] */
static VALUE
graph_retained(VALUE self, VALUE number) {
    const struct binding *binding = hgb_with(self, HG_PART_TREE);
    uint32_t node = hgb_node(binding, number);
    return rb_assoc_new(ULL2NUM(hg_retained(&binding->analysis.tree, node)),
                        UINT2NUM(hg_retained_nodes(&binding->analysis.tree, node)));
}

struct cutting {
    uint32_t from, to;
    struct hg_cut cut;
};

static enum hg_status
cut_edge(struct binding *self, void *data) {
    struct cutting *cutting = data;
    const struct hg_analysis *all = &self->analysis;
    return hg_cut(all->graph, &all->tree, &all->inverse, cutting->from, cutting->to, &self->task,
                  &cutting->cut);
}

/*
 *  call-seq: graph.cut(from, to) -> [references, bytes, objects, name or nil, node or nil]
 *
 * What would be garbage if a reference from a node to another were cut; how many such references
 * there are; and a reference that would still hold that node, where nothing would be garbage.
 */
static VALUE
graph_cut(VALUE self, VALUE from, VALUE to) {
    hgb_with(self, HG_PART_TREE);
    struct binding *binding = hgb_with(self, HG_PART_INVERSE);
    struct cutting cutting = {hgb_node(binding, from), hgb_node(binding, to), {0}};
    hgb_run(binding, cut_edge, &cutting, NULL);
    const struct hg_cut *cut = &cutting.cut;
    bool held = cut->other.node != HG_NO_NODE;
    return rb_ary_new_from_args(5, UINT2NUM(cut->references), ULL2NUM(cut->bytes),
                                ULL2NUM(cut->objects), held ? UINT2NUM(cut->other.name) : Qnil,
                                hgb_node_or_nil(cut->other.node));
}

/* A set of nodes, and what it retains. */
struct set {
    const uint32_t *nodes;
    size_t count;
    struct hg_held held;
};

static enum hg_status
measure_set(struct binding *self, void *data) {
    struct set *set = data;
    return hg_retained_exact(self->analysis.graph, &self->analysis.tree, set->nodes, set->count,
                             &self->task, &set->held, NULL);
}

/*
 *  call-seq: graph.retained_by_all(nodes) -> [bytes, nodes]
 *
 * What would be garbage if all of these nodes were gone at once.
 */
static VALUE
graph_retained_by_all(VALUE self, VALUE numbers) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    Check_Type(numbers, T_ARRAY);
    VALUE buffer = 0;
    struct set set = {0};
    set.nodes = hgb_nodes(binding, numbers, &buffer, &set.count);
    hgb_run(binding, measure_set, &set, NULL);
    RB_GC_GUARD(buffer);
    return rb_assoc_new(ULL2NUM(set.held.bytes), ULL2NUM(set.held.nodes));
}

/* call-seq: graph.totals -> [reachable objects, bytes, unreachable objects, bytes] */
static VALUE
graph_totals(VALUE self) {
    const struct hg_tree *tree = &hgb_with(self, HG_PART_TREE)->analysis.tree;
    return rb_ary_new_from_args(4, ULL2NUM(tree->reachable_objects), ULL2NUM(tree->reachable_bytes),
                                ULL2NUM(tree->unreachable_objects),
                                ULL2NUM(tree->unreachable_bytes));
}

struct path_search {
    uint32_t node, limit, found;
    uint64_t budget;
    bool more;
    struct hg_path *paths;
};

static void
free_paths(void *data) {
    struct path_search *search = data;
    for (uint32_t i = 0; i < search->found; i++) hg_path_free(&search->paths[i]);
    free(search->paths);
}

static enum hg_status
find_paths(struct binding *self, void *data) {
    struct path_search *search = data;
    const struct hg_analysis *analysis = &self->analysis;
    enum hg_status status = hg_paths(analysis->graph, &analysis->inverse, &analysis->parents,
                                     search->node, search->limit, search->budget, &self->task,
                                     search->paths, &search->found, &search->more);
    if (status != HG_OK) free_paths(search);
    return status;
}

static void
push_steps(VALUE steps, const struct hg_path *path, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        rb_ary_push(steps, UINT2NUM(path->steps[i].node));
        rb_ary_push(steps, UINT2NUM(path->steps[i].name));
    }
}

/*
 * Returns [rank, disjoint, index of the step where a path for people begins, [node, name of the
 * edge to it, …], gap, left out]. In a long path the middle is left out: `around` steps stay before
 * the gap, counted from where a path for people begins, and as many behind it. `gap` is how many
 * steps are before the gap.
 */
static VALUE
path_array(const struct hg_path *path, uint32_t around) {
    uint64_t front = (uint64_t)path->holder + around;
    bool cut = front + around < path->length;
    uint32_t gap = cut ? (uint32_t)front : path->length;
    uint32_t behind = cut ? path->length - around : path->length;
    VALUE steps = rb_ary_new_capa(2 * (long)(gap + path->length - behind));
    push_steps(steps, path, 0, gap);
    push_steps(steps, path, behind, path->length);
    return rb_ary_new_from_args(6, INT2FIX(path->rank), path->disjoint ? Qtrue : Qfalse,
                                UINT2NUM(path->holder), steps, UINT2NUM(gap),
                                UINT2NUM(behind - gap));
}

/* How many steps stay on each side of a gap: at least one, and all of them for nil. */
static uint32_t
steps_around(const struct binding *self, VALUE number) {
    if (NIL_P(number)) return UINT32_MAX;
    uint32_t around = hgb_limit(self, number);
    return around ? around : 1;
}

/*
 *  call-seq: graph.paths(node, limit, budget, around = nil) -> [more, [path, …]]
 *
 * The best paths to a node. `more` is true if there may be others, which were not looked for.
 */
static VALUE
graph_paths(int argc, VALUE *argv, VALUE self) {
    VALUE number, limit, budget, around;
    rb_scan_args(argc, argv, "31", &number, &limit, &budget, &around);
    struct binding *binding = hgb_with(self, HG_PART_INVERSE);
    hgb_with(self, HG_PART_PARENTS);
    struct path_search search = {
        .node = hgb_node(binding, number),
        .limit = hgb_limit(binding, limit),
        .budget = hgb_amount(budget),
    };
    uint32_t steps = steps_around(binding, around);
    search.paths = room_for(search.limit, sizeof(*search.paths));
    hgb_run(binding, find_paths, &search, free_paths);

    VALUE paths = rb_ary_new();
    for (uint32_t i = 0; i < search.found; i++)
        rb_ary_push(paths, path_array(&search.paths[i], steps));
    free_paths(&search);
    return rb_assoc_new(search.more ? Qtrue : Qfalse, paths);
}

/* call-seq: graph.best_path(node, around = nil) -> path or nil */
static VALUE
graph_best_path(int argc, VALUE *argv, VALUE self) {
    VALUE number, around;
    rb_scan_args(argc, argv, "11", &number, &around);
    const struct binding *binding = hgb_with(self, HG_PART_PARENTS);
    uint32_t steps = steps_around(binding, around);
    struct hg_path path = {0};
    hgb_check(binding, &binding->task,
              hg_path_to(binding->analysis.graph, &binding->analysis.parents,
                         hgb_node(binding, number), &path));
    VALUE array = path.length ? path_array(&path, steps) : Qnil;
    hg_path_free(&path);
    return array;
}

void
hgb_define_answers(VALUE class) {
    rb_define_method(class, "referrers", graph_referrers, 4);
    rb_define_method(class, "paths", graph_paths, -1);
    rb_define_method(class, "best_path", graph_best_path, -1);
    rb_define_method(class, "top", graph_top, 3);
    rb_define_method(class, "program_top", graph_program_top, 2);
    rb_define_method(class, "kin", graph_kin, 1);
    rb_define_method(class, "dominated", graph_dominated, 3);
    rb_define_method(class, "dominator", graph_dominator, 1);
    rb_define_method(class, "reachable?", graph_is_reachable, 1);
    rb_define_method(class, "retained", graph_retained, 1);
    rb_define_method(class, "retained_by_all", graph_retained_by_all, 1);
    rb_define_method(class, "cut", graph_cut, 2);
    rb_define_method(class, "totals", graph_totals, 0);
}
