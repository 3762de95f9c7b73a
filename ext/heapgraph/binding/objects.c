/*
 * Place in the flow: see binding.h. Objects by what they are, as methods of HeapDump::Graph: groups
 * of them, those that match, and equal strings.
 */
#include "binding/binding.h"
#include "tree/groups.h"
#include "search/find.h"
#include "search/pages.h"
#include "search/texts.h"

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

/* What the key of a group means, in the form in which graph_node returns it. */
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
 * Groups objects by class (0), type (1), location (2) or generation (3): those that `below`
 * dominates, or all if it is nil. Each group is [key, type, kind, largest node, objects, bytes,
 * retained bytes, garbage objects, garbage bytes].
 */
static VALUE
graph_groups(VALUE self, VALUE by, VALUE below) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
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
    struct hg_listing listing;
    bool sample, program;
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
    const struct hg_graph *graph = self->analysis.graph;
    const struct hg_tree *tree = &self->analysis.tree;
    enum hg_status status = search->sample
                                ? hg_sample(graph, tree, &search->filter, search->listing.limit,
                                            &self->task, &search->nodes, &search->found)
                                : hg_find(graph, tree, &search->filter, &search->listing,
                                          &self->task, &search->nodes, &search->found);
    if (status != HG_OK) free_search(search);
    return status;
}

/* What the keywords of graph_find say. `buffers` hold the lists of nodes; Ruby frees them. */
static void
read_search(const struct binding *binding, int argc, VALUE *argv, struct search *search,
            VALUE buffers[2]) {
    enum { TYPE, CLASSES, LEAST, REACHABLE, NODES, SORT, OFFSET, LIMIT, KEYS };
    ID keys[KEYS] = {rb_intern("type"),      rb_intern("classes"), rb_intern("least"),
                     rb_intern("reachable"), rb_intern("nodes"),   rb_intern("sort"),
                     rb_intern("offset"),    rb_intern("limit")};
    VALUE keywords, values[KEYS];
    rb_scan_args(argc, argv, ":", &keywords);
    rb_get_kwargs(keywords, keys, 0, KEYS, values);
    for (int i = 0; i < KEYS; i++)
        if (values[i] == Qundef) values[i] = Qnil;

    struct hg_filter *filter = &search->filter;
    filter->type = NIL_P(values[TYPE]) ? HG_ANY_TYPE : (uint8_t)NUM2UINT(values[TYPE]);
    filter->least_bytes = NIL_P(values[LEAST]) ? 0 : hgb_amount(values[LEAST]);
    filter->reachable = RTEST(values[REACHABLE]);
    filter->classes = hgb_nodes(binding, values[CLASSES], &buffers[0], &filter->class_count);
    filter->nodes = hgb_nodes(binding, values[NODES], &buffers[1], &filter->node_count);
    search->listing = (struct hg_listing){
        .sort = NIL_P(values[SORT]) ? HG_SORT_RETAINED : (enum hg_sort)NUM2UINT(values[SORT]),
        .offset = NIL_P(values[OFFSET]) ? 0 : hgb_limit(binding, values[OFFSET]),
        .limit = NIL_P(values[LIMIT]) ? UINT32_MAX : hgb_limit(binding, values[LIMIT]),
    };
    if (search->listing.sort >= HG_SORTS) rb_raise(rb_eArgError, "no such order");
}

static VALUE
search(int argc, VALUE *argv, VALUE self, bool sample) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct search search = {.sample = sample};
    VALUE buffers[2] = {0};
    read_search(binding, argc, argv, &search, buffers);
    hgb_run(binding, find_objects, &search, free_search);
    RB_GC_GUARD(buffers[0]);
    RB_GC_GUARD(buffers[1]);
    return rb_ary_new_from_args(3, ULL2NUM(search.found.objects), ULL2NUM(search.found.bytes),
                                hgb_list(&search.nodes));
}

/*
 *  call-seq: graph.find(**conditions, sort: 0, offset: 0, limit: all) -> [objects, bytes, nodes]
 *
 * Finds the objects that meet all conditions, and returns how many there are, the sum of their
 * sizes, and a part of them. nil is no condition.
 *
 * type:       a type of objects (Integer)
 * classes:    they are instances of one of these classes (nodes)
 * least:      their least size
 * reachable:  true: no garbage
 * nodes:      they are some of these nodes, in ascending order
 *
 * sort is a number of enum hg_sort.
 */
static VALUE
graph_find(int argc, VALUE *argv, VALUE self) {
    return search(argc, argv, self, false);
}

/* call-seq: graph.sample(**conditions, limit: all) -> as find, but evenly spread over all */
static VALUE
graph_sample(int argc, VALUE *argv, VALUE self) {
    return search(argc, argv, self, true);
}

static enum hg_status
find_most_referred(struct binding *self, void *data) {
    struct search *search = data;
    enum hg_status status = hg_most_referred(self->analysis.graph, search->program,
                                             search->listing.limit, &self->task, &search->nodes);
    if (status != HG_OK) free_search(search);
    return status;
}

/* call-seq: graph.most_referred(limit, program's own alone) -> [node, references, …] */
static VALUE
graph_most_referred(VALUE self, VALUE limit, VALUE program) {
    struct binding *binding = hgb_loaded(self);
    struct search search = {
        .listing = {.limit = hgb_limit(binding, limit)},
        .program = RTEST(program),
    };
    hgb_run(binding, find_most_referred, &search, free_search);
    return hgb_list(&search.nodes);
}

/* call-seq: graph.modules_named(name or nil) -> nodes */
static VALUE
graph_modules_named(VALUE self, VALUE name) {
    struct binding *binding = hgb_loaded(self);
    struct hg_numbers nodes = {0};
    if (!NIL_P(name)) StringValue(name);
    enum hg_status status = hg_modules_named(binding->analysis.graph,
                                             NIL_P(name) ? NULL : RSTRING_PTR(name),
                                             NIL_P(name) ? 0 : (size_t)RSTRING_LEN(name), &nodes);
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
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct page_count count = {.page_bytes = hgb_amount(page_bytes)};
    if (count.page_bytes == 0) rb_raise(rb_eArgError, "a page has more than no bytes");
    hgb_run(binding, count_pages, &count, NULL);
    return rb_ary_new_from_args(4, ULL2NUM(count.pages.used), ULL2NUM(count.pages.sparse),
                                ULL2NUM(count.pages.sparse_objects), ULL2NUM(count.pages.dead));
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
 * Strings, symbols and regexps in whose line these bytes are, and those whose content is in Base64.
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
 * Live strings with the same content. Each group is [count, bytes, wasted bytes, nodes], with at
 * most `members` nodes, evenly spread.
 */
static VALUE
graph_repeats(VALUE self, VALUE limit, VALUE members) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    uint32_t most = NUM2UINT(members);
    struct repeat_search search = {.limit = hgb_limit(binding, limit)};
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

void
hgb_define_objects(VALUE class) {
    rb_define_method(class, "groups", graph_groups, 2);
    rb_define_method(class, "find", graph_find, -1);
    rb_define_method(class, "sample", graph_sample, -1);
    rb_define_method(class, "modules_named", graph_modules_named, 1);
    rb_define_method(class, "most_referred", graph_most_referred, 2);
    rb_define_method(class, "pages", graph_pages, 1);
    rb_define_method(class, "texts_with", graph_texts_with, 1);
    rb_define_method(class, "repeats", graph_repeats, 2);
}
