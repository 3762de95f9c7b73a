/*
 * Place in the flow: see binding.h. The questions to a graph, as methods of HeapDump::Graph. They
 * take and return integers, strings and arrays of them; lib/heapdump/snapshot.rb makes objects of
 * those.
 */
#include "binding.h"
#include "find.h"
#include "folded.h"
#include "groups.h"
#include "pages.h"
#include "retained.h"
#include "texts.h"

/* hg_referrers, hg_dominated, hg_top: a page of a long list. */
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
    const struct hg_inverse *inverse = self->has_inverse ? &self->analysis.inverse : NULL;
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
 *  call-seq: graph.referrers(node, instances, offset, limit) -> [total, [name, source, …]]
 *
 * Who refers to a node; with instances, to a class by being one of it as well.
 */
static VALUE
graph_referrers(VALUE self, VALUE number, VALUE instances, VALUE offset, VALUE limit) {
    struct binding *binding = hgb_loaded(self);
    struct page_of_nodes page = {
        .node = hgb_node(binding, number),
        .instances = RTEST(instances),
        .offset = NUM2UINT(offset),
        .limit = NUM2UINT(limit),
    };
    page.items = room_for(page.limit, sizeof(struct hg_referrer));
    if (binding->has_inverse) {
        struct hg_task task = {0}; // quick: no thread for it
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
    const uint8_t *through = page->named ? self->analysis.parents.module : NULL;
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
 * What a node keeps alive, one level of it, largest first.
 */
static VALUE
graph_dominated(VALUE self, VALUE number, VALUE offset, VALUE limit) {
    struct binding *binding = hgb_with_tree(self);
    struct page_of_nodes page = {
        .node = hgb_node(binding, number),
        .offset = NUM2UINT(offset),
        .limit = NUM2UINT(limit),
    };
    page.items = room_for(page.limit, sizeof(uint32_t));
    hgb_run(binding, find_dominated, &page, free_page);
    return page_of(&page);
}

/*
 *  call-seq: graph.top(through_modules, offset, limit) -> [total, nodes]
 *
 * What roots keep alive, largest first; with through_modules, what named modules do as well.
 */
static VALUE
graph_top(VALUE self, VALUE through_modules, VALUE offset, VALUE limit) {
    struct binding *binding = hgb_with_tree(self);
    struct page_of_nodes page = {
        .named = RTEST(through_modules),
        .offset = NUM2UINT(offset),
        .limit = NUM2UINT(limit),
    };
    if (page.named) hgb_with_parents(self);
    page.items = room_for(page.limit, sizeof(uint32_t));
    hgb_run(binding, find_top, &page, free_page);
    return page_of(&page);
}

/* call-seq: graph.dominator(node) -> integer or nil */
static VALUE
graph_dominator(VALUE self, VALUE number) {
    const struct binding *binding = hgb_with_tree(self);
    return hgb_node_or_nil(hg_dominator(&binding->analysis.tree, hgb_node(binding, number)));
}

/* call-seq: graph.reachable?(node) -> true or false */
static VALUE
graph_is_reachable(VALUE self, VALUE number) {
    const struct binding *binding = hgb_with_tree(self);
    return hg_is_reachable(&binding->analysis.tree, hgb_node(binding, number)) ? Qtrue : Qfalse;
}

/* call-seq: graph.retained(node) -> [bytes, nodes] */
static VALUE
graph_retained(VALUE self, VALUE number) {
    const struct binding *binding = hgb_with_tree(self);
    uint32_t node = hgb_node(binding, number);
    return rb_assoc_new(ULL2NUM(hg_retained(&binding->analysis.tree, node)),
                        UINT2NUM(hg_retained_nodes(&binding->analysis.tree, node)));
}

/* A set of nodes, and what it holds. */
struct set {
    uint32_t *nodes;
    size_t count;
    struct hg_held held;
};

static void
free_set(void *data) {
    struct set *set = data;
    free(set->nodes);
}

static enum hg_status
measure_set(struct binding *self, void *data) {
    struct set *set = data;
    enum hg_status status = hg_retained_exact(self->analysis.graph, &self->analysis.tree,
                                              set->nodes, set->count, &self->task, &set->held,
                                              NULL);
    if (status != HG_OK) free_set(set);
    return status;
}

/*
 *  call-seq: graph.retained_by_all(nodes) -> [bytes, nodes]
 *
 * What would be garbage if all of these went at once.
 */
static VALUE
graph_retained_by_all(VALUE self, VALUE numbers) {
    struct binding *binding = hgb_with_tree(self);
    Check_Type(numbers, T_ARRAY);
    struct set set = {.count = (size_t)RARRAY_LEN(numbers)};
    for (size_t i = 0; i < set.count; i++)
        hgb_node(binding, RARRAY_AREF(numbers, (long)i)); // what raises comes before the malloc
    set.nodes = malloc((set.count + 1) * sizeof(*set.nodes));
    if (!set.nodes) rb_raise(rb_eNoMemError, "no memory for a set of %zu", set.count);
    for (size_t i = 0; i < set.count; i++) set.nodes[i] = NUM2UINT(RARRAY_AREF(numbers, (long)i));
    hgb_run(binding, measure_set, &set, free_set);
    free_set(&set);
    return rb_assoc_new(ULL2NUM(set.held.bytes), ULL2NUM(set.held.nodes));
}

/* call-seq: graph.totals -> [reachable objects, bytes, unreachable objects, bytes] */
static VALUE
graph_totals(VALUE self) {
    const struct hg_tree *tree = &hgb_with_tree(self)->analysis.tree;
    return rb_ary_new_from_args(4, ULL2NUM(tree->reachable_objects), ULL2NUM(tree->reachable_bytes),
                                ULL2NUM(tree->unreachable_objects),
                                ULL2NUM(tree->unreachable_bytes));
}

struct grouping {
    enum hg_group_by by;
    uint32_t below;
    struct hg_group *groups;
    size_t count;
};

static enum hg_status
find_groups(struct binding *self, void *data) {
    struct grouping *grouping = data;
    return hg_groups(self->analysis.graph, &self->analysis.tree, grouping->by, grouping->below,
                     &self->task, &grouping->groups, &grouping->count);
}

static void
free_groups(void *data) {
    struct grouping *grouping = data;
    free(grouping->groups);
}

/* What the key of a group stands for, as graph_node tells it. */
static VALUE
group_key(const struct hg_graph *graph, enum hg_group_by by, const struct hg_group *group) {
    switch (by) {
    case HG_BY_LOCATION:
        return hgb_text(graph, group->key);
    case HG_BY_TYPE:
        return UINT2NUM(group->key);
    case HG_BY_CLASS:
    case HG_BY_GENERATION:
        return hgb_node_or_nil(group->key);
    }
    return Qnil;
}

/*
 *  call-seq: graph.groups(by, below) -> array
 *
 * By 0 class, 1 type, 2 location, 3 generation; of what `below` (or nil) dominates. For each group
 * [key, type, kind, largest node, objects, bytes, retained bytes, garbage objects, garbage bytes].
 */
static VALUE
graph_groups(VALUE self, VALUE by, VALUE below) {
    struct binding *binding = hgb_with_tree(self);
    const struct hg_graph *graph = binding->analysis.graph;
    struct grouping grouping = {
        .by = (enum hg_group_by)NUM2UINT(by),
        .below = NIL_P(below) ? HG_NO_NODE : hgb_node(binding, below),
    };
    if (grouping.by > HG_BY_GENERATION) rb_raise(rb_eArgError, "no such grouping");
    hgb_run(binding, find_groups, &grouping, free_groups);

    VALUE rows = rb_ary_new_capa((long)grouping.count);
    for (size_t i = 0; i < grouping.count; i++) {
        const struct hg_group *group = &grouping.groups[i];
        VALUE row[] = {
            group_key(graph, grouping.by, group),
            INT2FIX(group->type),
            hgb_text(graph, group->label),
            hgb_node_or_nil(group->largest),
            ULL2NUM(group->count),
            ULL2NUM(group->bytes),
            ULL2NUM(group->retained),
            ULL2NUM(group->unreachable),
            ULL2NUM(group->unreachable_bytes),
        };
        rb_ary_push(rows, rb_ary_new_from_values(sizeof(row) / sizeof(*row), row));
    }
    free_groups(&grouping);
    return rows;
}

struct search {
    struct hg_filter filter;
    uint32_t limit;
    bool sample;
    struct hg_numbers nodes;
    struct hg_found found;
};

static void
free_search(void *data) {
    struct search *search = data;
    hg_numbers_free(&search->nodes);
}

static enum hg_status
find_objects(struct binding *self, void *data) {
    struct search *search = data;
    enum hg_status status = (search->sample ? hg_sample : hg_find)(
        self->analysis.graph, &self->analysis.tree, &search->filter, search->limit, &self->task,
        &search->nodes, &search->found);
    if (status != HG_OK) free_search(search);
    return status;
}

/*
 *  call-seq: graph.find(type, classes, least_bytes, reachable, limit, sample) -> [objects, bytes, nodes]
 *
 * Objects of a type (or nil) and of one of some classes (or nil). The largest of them, or a sample.
 */
static VALUE
graph_find(VALUE self, VALUE type, VALUE classes, VALUE least, VALUE reachable, VALUE limit,
           VALUE sample) {
    struct binding *binding = hgb_with_tree(self);
    uint32_t chosen[64];
    struct search search = {
        .filter = {.type = NIL_P(type) ? HG_ANY_TYPE : (uint8_t)NUM2UINT(type),
                   .label = HG_NO_STRING,
                   .least_bytes = NUM2ULL(least),
                   .reachable = RTEST(reachable)},
        .limit = NUM2UINT(limit),
        .sample = RTEST(sample),
    };
    if (!NIL_P(classes)) {
        Check_Type(classes, T_ARRAY);
        size_t count = (size_t)RARRAY_LEN(classes);
        if (count > sizeof(chosen) / sizeof(*chosen)) count = sizeof(chosen) / sizeof(*chosen);
        for (size_t i = 0; i < count; i++)
            chosen[i] = hgb_node(binding, RARRAY_AREF(classes, (long)i));
        search.filter.classes = chosen;
        search.filter.class_count = count;
    }
    hgb_run(binding, find_objects, &search, free_search);
    return rb_ary_new_from_args(3, ULL2NUM(search.found.objects), ULL2NUM(search.found.bytes),
                                hgb_list(&search.nodes));
}

static enum hg_status
find_most_referred(struct binding *self, void *data) {
    struct search *search = data;
    enum hg_status status = hg_most_referred(self->analysis.graph, search->limit, &self->task,
                                             &search->nodes);
    if (status != HG_OK) free_search(search);
    return status;
}

/* call-seq: graph.most_referred(limit) -> [node, references, …] */
static VALUE
graph_most_referred(VALUE self, VALUE limit) {
    struct binding *binding = hgb_loaded(self);
    struct search search = {.limit = NUM2UINT(limit)};
    hgb_run(binding, find_most_referred, &search, free_search);
    return hgb_list(&search.nodes);
}

/* call-seq: graph.modules_named(name) -> nodes */
static VALUE
graph_modules_named(VALUE self, VALUE name) {
    struct binding *binding = hgb_loaded(self);
    struct hg_numbers nodes = {0};
    StringValue(name);
    enum hg_status status = hg_modules_named(binding->analysis.graph, RSTRING_PTR(name),
                                             (size_t)RSTRING_LEN(name), &nodes);
    if (status != HG_OK) hg_numbers_free(&nodes);
    hgb_check(binding, &binding->task, status);
    return hgb_list(&nodes);
}

struct page_count {
    uint64_t page_bytes;
    struct hg_pages pages;
};

static enum hg_status
count_pages(struct binding *self, void *data) {
    struct page_count *count = data;
    return hg_count_pages(self->analysis.graph, &self->analysis.tree, count->page_bytes,
                          &self->task, &count->pages);
}

/* call-seq: graph.pages(bytes of a page) -> [used, sparse, objects on sparse ones, dead] */
static VALUE
graph_pages(VALUE self, VALUE page_bytes) {
    struct binding *binding = hgb_with_tree(self);
    struct page_count count = {.page_bytes = NUM2ULL(page_bytes)};
    if (count.page_bytes == 0) rb_raise(rb_eArgError, "a page has more than no bytes");
    hgb_run(binding, count_pages, &count, NULL);
    return rb_ary_new_from_args(4, ULL2NUM(count.pages.used), ULL2NUM(count.pages.sparse),
                                ULL2NUM(count.pages.sparse_objects), ULL2NUM(count.pages.dead));
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

/* [rank, disjoint, where a reader begins, [node, name of the edge to it, …]] */
static VALUE
path_array(const struct hg_path *path) {
    VALUE steps = rb_ary_new_capa((long)path->length * 2);
    for (uint32_t i = 0; i < path->length; i++) {
        rb_ary_push(steps, UINT2NUM(path->steps[i].node));
        rb_ary_push(steps, UINT2NUM(path->steps[i].name));
    }
    return rb_ary_new_from_args(4, INT2FIX(path->rank), path->disjoint ? Qtrue : Qfalse,
                                UINT2NUM(path->holder), steps);
}

/*
 *  call-seq: graph.paths(node, limit, budget) -> [more, [path, …]]
 *
 * The best paths to a node; `more` if there may be others that were not looked for.
 */
static VALUE
graph_paths(VALUE self, VALUE number, VALUE limit, VALUE budget) {
    struct binding *binding = hgb_with_inverse(self);
    hgb_with_parents(self);
    struct path_search search = {
        .node = hgb_node(binding, number),
        .limit = NUM2UINT(limit),
        .budget = NUM2ULL(budget),
    };
    search.paths = room_for(search.limit, sizeof(*search.paths));
    hgb_run(binding, find_paths, &search, free_paths);

    VALUE paths = rb_ary_new();
    for (uint32_t i = 0; i < search.found; i++) rb_ary_push(paths, path_array(&search.paths[i]));
    free_paths(&search);
    return rb_assoc_new(search.more ? Qtrue : Qfalse, paths);
}

/* call-seq: graph.best_path(node) -> path or nil */
static VALUE
graph_best_path(VALUE self, VALUE number) {
    const struct binding *binding = hgb_with_parents(self);
    struct hg_path path = {0};
    hgb_check(binding, &binding->task,
              hg_path_to(binding->analysis.graph, &binding->analysis.parents,
                         hgb_node(binding, number), &path));
    VALUE array = path.length ? path_array(&path) : Qnil;
    hg_path_free(&path);
    return array;
}

struct text_search {
    const char *bytes;
    size_t size;
    struct hg_numbers nodes;
};

static void
free_text_search(void *data) {
    struct text_search *search = data;
    hg_numbers_free(&search->nodes);
}

static enum hg_status
find_texts(struct binding *self, void *data) {
    struct text_search *search = data;
    enum hg_status status = hg_texts_with(self->analysis.graph, search->bytes, search->size,
                                          &self->task, &search->nodes);
    if (status != HG_OK) free_text_search(search);
    return status;
}

/*
 *  call-seq: graph.texts_with(bytes) -> nodes
 *
 * Strings, symbols and regexps whose line has these bytes, and those that are in Base64.
 */
static VALUE
graph_texts_with(VALUE self, VALUE bytes) {
    struct binding *binding = hgb_loaded(self);
    bytes = rb_str_new_frozen(StringValue(bytes));
    struct text_search search = {.bytes = RSTRING_PTR(bytes), .size = (size_t)RSTRING_LEN(bytes)};
    hgb_run(binding, find_texts, &search, free_text_search);
    RB_GC_GUARD(bytes);
    return hgb_list(&search.nodes);
}

struct repeat_search {
    uint32_t limit;
    struct hg_repeats repeats;
};

static void
free_repeats(void *data) {
    struct repeat_search *search = data;
    hg_repeats_free(&search->repeats);
}

static enum hg_status
find_repeats(struct binding *self, void *data) {
    struct repeat_search *search = data;
    return hg_repeats_find(self->analysis.graph, &self->analysis.tree, search->limit, &self->task,
                           &search->repeats);
}

/*
 *  call-seq: graph.repeats(limit, members) -> [strings, compared, contents, copies, wasted, groups]
 *
 * Living strings with the same content. A group is [count, bytes, wasted bytes, nodes], of which
 * there are at most `members`, evenly spread.
 */
static VALUE
graph_repeats(VALUE self, VALUE limit, VALUE members) {
    struct binding *binding = hgb_with_tree(self);
    uint32_t most = NUM2UINT(members);
    struct repeat_search search = {.limit = NUM2UINT(limit)};
    hgb_run(binding, find_repeats, &search, free_repeats);

    const struct hg_repeats *repeats = &search.repeats;
    VALUE groups = rb_ary_new();
    for (size_t i = 0; i < repeats->count; i++) {
        const struct hg_repeat *repeat = &repeats->items[i];
        uint32_t told = repeat->count < most ? repeat->count : most;
        VALUE nodes = rb_ary_new_capa(told);
        for (uint64_t k = 0; k < told; k++)
            rb_ary_push(nodes, UINT2NUM(repeats->nodes[repeat->first + k * repeat->count / told]));
        rb_ary_push(groups, rb_ary_new_from_args(4, UINT2NUM(repeat->count), ULL2NUM(repeat->bytes),
                                                 ULL2NUM(repeat->wasted), nodes));
    }
    VALUE answer = rb_ary_new_from_args(6, ULL2NUM(repeats->strings), ULL2NUM(repeats->compared),
                                        ULL2NUM(repeats->groups), ULL2NUM(repeats->copies),
                                        ULL2NUM(repeats->wasted), groups);
    free_repeats(&search);
    return answer;
}

struct folding {
    uint64_t least;
    struct hg_cell *cells;
    size_t count;
};

static void
free_cells(void *data) {
    struct folding *folding = data;
    free(folding->cells);
}

static enum hg_status
fold(struct binding *self, void *data) {
    struct folding *folding = data;
    return hg_fold(self->analysis.graph, &self->analysis.tree, folding->least, &self->task,
                   &folding->cells, &folding->count);
}

/*
 *  call-seq: graph.folded(least_bytes) -> [[parent, example node, count, bytes, retained], …]
 *
 * The dominator tree with children of one class in one cell. A cell's parent is the index of one
 * before it; that of the first is itself.
 */
static VALUE
graph_folded(VALUE self, VALUE least) {
    struct binding *binding = hgb_with_tree(self);
    struct folding folding = {.least = NUM2ULL(least)};
    hgb_run(binding, fold, &folding, free_cells);
    VALUE cells = rb_ary_new_capa((long)folding.count);
    for (size_t i = 0; i < folding.count; i++) {
        const struct hg_cell *cell = &folding.cells[i];
        rb_ary_push(cells, rb_ary_new_from_args(5, UINT2NUM(cell->parent), UINT2NUM(cell->example),
                                                ULL2NUM(cell->count), ULL2NUM(cell->bytes),
                                                ULL2NUM(cell->retained)));
    }
    free_cells(&folding);
    return cells;
}

void
hgb_define_answers(VALUE class) {
    rb_define_method(class, "referrers", graph_referrers, 4);
    rb_define_method(class, "paths", graph_paths, 3);
    rb_define_method(class, "best_path", graph_best_path, 1);

    rb_define_method(class, "top", graph_top, 3);
    rb_define_method(class, "dominated", graph_dominated, 3);
    rb_define_method(class, "dominator", graph_dominator, 1);
    rb_define_method(class, "reachable?", graph_is_reachable, 1);
    rb_define_method(class, "retained", graph_retained, 1);
    rb_define_method(class, "retained_by_all", graph_retained_by_all, 1);
    rb_define_method(class, "totals", graph_totals, 0);

    rb_define_method(class, "groups", graph_groups, 2);
    rb_define_method(class, "find", graph_find, 6);
    rb_define_method(class, "modules_named", graph_modules_named, 1);
    rb_define_method(class, "most_referred", graph_most_referred, 1);
    rb_define_method(class, "pages", graph_pages, 1);
    rb_define_method(class, "folded", graph_folded, 1);

    rb_define_method(class, "texts_with", graph_texts_with, 1);
    rb_define_method(class, "repeats", graph_repeats, 2);
}
