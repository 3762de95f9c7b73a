/*
 * Place in the flow: see binding.h. Objects that meet conditions, as methods of HeapDump::Graph: a
 * part of them, a sample of them, and the paths to all of them.
 */
#include "binding/binding.h"
#include "growth/merged_paths.h"
#include "search/find.h"
#include "tree/retained.h"

struct search {
    struct hg_filter filter;
    struct hg_condition *conditions; /* those of the filter */
    struct hg_listing listing;
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
prepare(struct binding *self, struct search *search) {
    return hg_conditions_prepare(self->analysis.graph, search->conditions,
                                 search->filter.condition_count, &self->task);
}

static void
release(struct search *search) {
    hg_conditions_release(search->conditions, search->filter.condition_count);
}

static enum hg_status
find_objects(struct binding *self, void *data) {
    struct search *search = data;
    const struct hg_graph *graph = self->analysis.graph;
    const struct hg_tree *tree = &self->analysis.tree;
    enum hg_status status = prepare(self, search);
    if (status == HG_OK && search->sample)
        status = hg_sample(graph, tree, &search->filter, search->listing.limit, &self->task,
                           &search->nodes, &search->found);
    else if (status == HG_OK)
        status = hg_find(graph, tree, &search->filter, &search->listing, &self->task,
                         &search->nodes, &search->found);
    release(search);
    if (status != HG_OK) free_search(search);
    return status;
}

/* The numbers of nodes in an Array, NULL for nil. They are valid as long as `kept` is. */
static const uint32_t *
read_nodes(const struct binding *binding, VALUE array, VALUE kept, size_t *count) {
    VALUE buffer = Qnil;
    const uint32_t *nodes = hgb_nodes(binding, array, &buffer, count);
    rb_ary_push(kept, buffer);
    return nodes;
}

/* A condition of graph_find: [subject, relation, number or nodes]. */
static void
read_condition(const struct binding *binding, VALUE array, VALUE kept,
               struct hg_condition *condition) {
    Check_Type(array, T_ARRAY);
    VALUE value = rb_ary_entry(array, 2);
    *condition = (struct hg_condition){
        .subject = (enum hg_subject)NUM2UINT(rb_ary_entry(array, 0)),
        .relation = (enum hg_relation)NUM2UINT(rb_ary_entry(array, 1)),
    };
    if (condition->subject >= HG_SUBJECTS) rb_raise(rb_eArgError, "no such condition");
    if (condition->relation >= HG_RELATIONS) rb_raise(rb_eArgError, "no such relation");
    bool number = condition->subject == HG_IF_TYPE || condition->subject >= HG_IF_SIZE;
    if (number) condition->value = hgb_amount(value);
    else condition->nodes = read_nodes(binding, value, kept, &condition->count);
}

static void
read_conditions(const struct binding *binding, VALUE array, VALUE kept, struct search *search) {
    if (NIL_P(array)) return;
    Check_Type(array, T_ARRAY);
    long count = RARRAY_LEN(array);
    VALUE buffer = rb_str_new(NULL, (count + 1) * (long)sizeof(*search->conditions));
    rb_ary_push(kept, buffer);
    search->conditions = (struct hg_condition *)(void *)RSTRING_PTR(buffer);
    for (long i = 0; i < count; i++)
        read_condition(binding, rb_ary_entry(array, i), kept, &search->conditions[i]);
    search->filter.conditions = search->conditions;
    search->filter.condition_count = (size_t)count;
}

/* Reads the keywords of graph_find. What they point to is valid as long as `kept` is. */
static void
read_search(const struct binding *binding, int argc, VALUE *argv, struct search *search,
            VALUE kept) {
    enum { TYPE, CLASSES, LEAST, REACHABLE, NODES, CONDITIONS, SORT, OFFSET, LIMIT, KEYS };
    ID keys[KEYS] = {rb_intern("type"),      rb_intern("classes"), rb_intern("least"),
                     rb_intern("reachable"), rb_intern("nodes"),   rb_intern("conditions"),
                     rb_intern("sort"),      rb_intern("offset"),  rb_intern("limit")};
    VALUE keywords, values[KEYS];
    rb_scan_args(argc, argv, ":", &keywords);
    rb_get_kwargs(keywords, keys, 0, KEYS, values);
    for (int i = 0; i < KEYS; i++)
        if (values[i] == Qundef) values[i] = Qnil;

    struct hg_filter *filter = &search->filter;
    filter->type = NIL_P(values[TYPE]) ? HG_ANY_TYPE : (uint8_t)NUM2UINT(values[TYPE]);
    filter->least_bytes = NIL_P(values[LEAST]) ? 0 : hgb_amount(values[LEAST]);
    filter->reachable = RTEST(values[REACHABLE]);
    filter->classes = read_nodes(binding, values[CLASSES], kept, &filter->class_count);
    filter->nodes = read_nodes(binding, values[NODES], kept, &filter->node_count);
    read_conditions(binding, values[CONDITIONS], kept, search);
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
    VALUE kept = rb_ary_new();
    read_search(binding, argc, argv, &search, kept);
    if (!sample && search.listing.sort == HG_SORT_RETAINED && !search.filter.nodes)
        search.filter.kinds = &hgb_with(self, HG_PART_KINDS)->analysis.kinds;
    hgb_run(binding, find_objects, &search, free_search);
    RB_GC_GUARD(kept);
    return rb_ary_new_from_args(3, ULL2NUM(search.found.objects), ULL2NUM(search.found.bytes),
                                hgb_list(&search.nodes));
}

/*
 *  call-seq: graph.find(**wanted, sort: 0, offset: 0, limit: all) -> [objects, bytes, nodes]
 *
 * Finds the objects that meet all conditions, and returns how many there are, the sum of their
 * sizes, and a part of them. nil is no condition.
 *
 * type:       a type of objects (Integer)
 * classes:    they are instances of one of these classes (nodes)
 * least:      their least size
 * reachable:  true: no garbage
 * nodes:      they are some of these nodes, in ascending order
 * conditions: further conditions, each [a number of enum hg_subject, one of enum hg_relation, the
 *             value or the set of nodes]: see conditions.h
 *
 * sort is a number of enum hg_sort.
 */
static VALUE
graph_find(int argc, VALUE *argv, VALUE self) {
    return search(argc, argv, self, false);
}

/* call-seq: graph.sample(**wanted, limit: all) -> as find, but evenly spread over all */
static VALUE
graph_sample(int argc, VALUE *argv, VALUE self) {
    return search(argc, argv, self, true);
}

struct retaining {
    struct search search;
    struct hg_held held;
};

/* The numbers of the objects stay here: there may be millions. */
static enum hg_status
retain_found(struct binding *self, void *data) {
    struct retaining *retaining = data;
    struct search *search = &retaining->search;
    const struct hg_graph *graph = self->analysis.graph;
    const struct hg_tree *tree = &self->analysis.tree;
    const struct hg_listing all = {.sort = HG_SORT_ADDRESS, .limit = UINT32_MAX};
    enum hg_status status = prepare(self, search);
    if (status == HG_OK)
        status = hg_find(graph, tree, &search->filter, &all, &self->task, &search->nodes,
                         &search->found);
    release(search);
    if (status == HG_OK)
        status = hg_retained_exact(graph, tree, search->nodes.items, search->nodes.count,
                                   &self->task, &retaining->held, NULL);
    free_search(search);
    return status;
}

/*
 *  call-seq: graph.retained_by_found(**wanted) -> [objects, bytes, retained bytes, nodes]
 *
 * How many objects meet all conditions of find and the sum of their sizes, and what would be
 * garbage if all of them were gone: see hg_retained_exact.
 */
static VALUE
graph_retained_by_found(int argc, VALUE *argv, VALUE self) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct retaining retaining = {0};
    VALUE kept = rb_ary_new();
    read_search(binding, argc, argv, &retaining.search, kept);
    hgb_run(binding, retain_found, &retaining, NULL);
    RB_GC_GUARD(kept);
    const struct hg_found *found = &retaining.search.found;
    return rb_ary_new_from_args(4, ULL2NUM(found->objects), ULL2NUM(found->bytes),
                                ULL2NUM(retaining.held.bytes), ULL2NUM(retaining.held.nodes));
}

/* call-seq: graph.superclasses? -> true or false, whether the dump says what they are */
static VALUE
graph_has_superclasses(VALUE self) {
    return hg_knows_superclasses(hgb_loaded(self)->analysis.graph) ? Qtrue : Qfalse;
}

struct merging {
    struct search search;
    uint32_t without; /* a branch, or 0 for none */
    struct hg_merged_paths merged;
};

static void
free_merged(void *data) {
    struct merging *merging = data;
    hg_merged_paths_free(&merging->merged);
}

static enum hg_status
merge_paths(struct binding *self, void *data) {
    struct merging *merging = data;
    const struct hg_analysis *all = &self->analysis;
    struct search *search = &merging->search;
    enum hg_status status = prepare(self, search);
    if (status == HG_OK && merging->without)
        status = hg_merge_paths_without(all->graph, &all->tree, &all->parents, &search->filter,
                                        search->listing.limit, merging->without, &self->task,
                                        &merging->merged);
    else if (status == HG_OK)
        status = hg_merge_paths(all->graph, &all->tree, &all->parents, &search->filter,
                                search->listing.limit, &self->task, &merging->merged);
    release(search);
    return status;
}

/*
 *  call-seq:
 *    graph.merged_paths(without, **wanted, limit: all) ->
 *      [garbage objects, bytes, [[parent, name, node or nil, objects, bytes, retained,
 *                                 own objects, bytes, retained], …],
 *       [references, objects, bytes] or nil]
 *
 * The best paths to the objects that are wanted (as for find) as one tree: see
 * merged_paths.h. A rest has no node. `without` is nil, or the number of a branch without whose
 * references paths are found; then there is also how many are cut, and what these alone hold.
 */
static VALUE
graph_merged_paths(int argc, VALUE *argv, VALUE self) {
    hgb_with(self, HG_PART_TREE);
    struct binding *binding = hgb_with(self, HG_PART_PARENTS);
    struct merging merging = {0};
    VALUE kept = rb_ary_new();
    rb_check_arity(argc, 1, 2);
    if (!NIL_P(argv[0])) merging.without = hgb_limit(binding, argv[0]);
    read_search(binding, argc - 1, argv + 1, &merging.search, kept);
    hgb_run(binding, merge_paths, &merging, free_merged);
    RB_GC_GUARD(kept);

    const struct hg_merged_paths *merged = &merging.merged;
    VALUE branches = rb_ary_new_capa((long)merged->count);
    for (size_t i = 0; i < merged->count; i++) {
        const struct hg_branch *branch = &merged->branches[i];
        VALUE row[] = {
            UINT2NUM(branch->parent),     UINT2NUM(branch->name),     hgb_node_or_nil(branch->node),
            ULL2NUM(branch->all.objects), ULL2NUM(branch->all.bytes), ULL2NUM(branch->all.retained),
            ULL2NUM(branch->own.objects), ULL2NUM(branch->own.bytes), ULL2NUM(branch->own.retained),
        };
        rb_ary_push(branches, rb_ary_new_from_values(sizeof(row) / sizeof(*row), row));
    }
    VALUE released = Qnil;
    if (merging.without)
        released = rb_ary_new_from_args(3, ULL2NUM(merged->cut), ULL2NUM(merged->released),
                                        ULL2NUM(merged->released_bytes));
    VALUE answer = rb_ary_new_from_args(4, ULL2NUM(merged->garbage), ULL2NUM(merged->garbage_bytes),
                                        branches, released);
    free_merged(&merging);
    return answer;
}

void
hgb_define_search(VALUE class) {
    rb_define_method(class, "find", graph_find, -1);
    rb_define_method(class, "sample", graph_sample, -1);
    rb_define_method(class, "retained_by_found", graph_retained_by_found, -1);
    rb_define_method(class, "superclasses?", graph_has_superclasses, 0);
    rb_define_method(class, "merged_paths", graph_merged_paths, -1);
}
