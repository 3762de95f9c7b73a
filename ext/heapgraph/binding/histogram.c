/*
 * Place in the flow: see binding.h. Objects by class, type, place or generation, as methods of
 * HeapDump::Graph.
 */
#include "binding/binding.h"
#include "base/progress.h"
#include "search/kin.h"
#include "tree/groups.h"

struct grouping {
    struct hg_group_query query;
    bool program;
    struct hg_groups groups;
};

static enum hg_status
group(struct binding *self, void *data) {
    struct grouping *grouping = data;
    return hg_group_objects(self->analysis.graph, &self->analysis.tree, &grouping->query,
                            &self->task, &grouping->groups);
}

/* The same for objects of the program alone. */
static enum hg_status
group_program(struct binding *self, void *data) {
    struct grouping *grouping = data;
    struct hg_kin_sum sums[HG_KINS];
    uint8_t *through = hg_array(self->analysis.graph->nodes, 1);
    if (!through) return HG_NO_MEMORY;
    hg_kin_through(self->analysis.graph, &self->analysis.tree, through, sums);
    struct hg_column column = {.array = through};
    grouping->query.through = &column;
    enum hg_status status = group(self, grouping);
    hg_array_free(through);
    return status;
}

static void
free_groups(void *data) {
    struct grouping *grouping = data;
    hg_groups_free(&grouping->groups);
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

static VALUE
row_of(const struct hg_graph *graph, enum hg_group_by by, const struct hg_group *group) {
    VALUE row[] = {
        group_key(graph, by, group),
        INT2FIX(group->type),
        hgb_text(graph, group->label),
        hgb_node_or_nil(group->largest),
        ULL2NUM(group->count),
        ULL2NUM(group->bytes),
        ULL2NUM(group->retained),
        ULL2NUM(group->unreachable),
        ULL2NUM(group->unreachable_bytes),
        ULL2NUM(group->old),
    };
    return rb_ary_new_from_values(sizeof(row) / sizeof(*row), row);
}

static void
read_query(const struct binding *binding, VALUE by, VALUE below, VALUE sort, VALUE limit,
           struct hg_group_query *query) {
    *query = (struct hg_group_query){
        .by = (enum hg_group_by)NUM2UINT(by),
        .below = NIL_P(below) ? HG_NO_NODE : hgb_node(binding, below),
        .sort = (enum hg_group_sort)NUM2UINT(sort),
        .limit = NIL_P(limit) ? UINT32_MAX : hgb_limit(binding, limit),
    };
    if (query->by > HG_BY_GENERATION) rb_raise(rb_eArgError, "no such grouping");
    if (query->sort >= HG_GROUP_SORTS) rb_raise(rb_eArgError, "no such order");
}

static VALUE
groups_of(struct binding *binding, struct grouping *grouping) {
    const struct hg_graph *graph = binding->analysis.graph;
    hgb_run(binding, grouping->program ? group_program : group, grouping, free_groups);
    const struct hg_groups *groups = &grouping->groups;
    VALUE rows = rb_ary_new_capa((long)groups->count);
    for (size_t i = 0; i < groups->count; i++)
        rb_ary_push(rows, row_of(graph, grouping->query.by, &groups->items[i]));
    VALUE rest = rb_ary_new_from_args(
        5, ULL2NUM(groups->rest.count), ULL2NUM(groups->rest.bytes), ULL2NUM(groups->rest.retained),
        ULL2NUM(groups->rest.unreachable), ULL2NUM(groups->rest.unreachable_bytes));
    VALUE answer = rb_ary_new_from_args(3, ULL2NUM(groups->total), rest, rows);
    free_groups(grouping);
    return answer;
}

/*
 *  call-seq:
 *    graph.groups(by, below, sort, limit) -> [number of all groups, rest, [group, …]]
 *
 * Groups objects by class (0), type (1), location (2) or generation (3): those that `below`
 * dominates, or all if it is nil. `sort` is a number of enum hg_group_sort; nil is no limit. Each
 * group is [key, type, kind, largest node, objects, bytes, retained bytes, garbage objects, garbage
 * bytes, old objects]. The rest is [objects, bytes, 0, garbage objects, garbage bytes] of the
 * groups that are not returned.
 */
static VALUE
graph_groups(VALUE self, VALUE by, VALUE below, VALUE sort, VALUE limit) {
    struct binding *binding = hgb_with(self, HG_PART_TREE);
    struct grouping grouping = {0};
    read_query(binding, by, below, sort, limit, &grouping.query);
    if (grouping.query.by == HG_BY_CLASS && NIL_P(below))
        grouping.query.kinds = &hgb_with(self, HG_PART_KINDS)->analysis.kinds;
    return groups_of(binding, &grouping);
}

/*
 *  call-seq:
 *    graph.top_groups(by, below, program, sort, limit) -> [number of all groups, rest, [group, …]]
 *
 * The same for the objects of graph.top, with program of graph.program_top, or if `below` is not
 * nil, of graph.dominated. What these retain adds up, also in the rest.
 */
static VALUE
graph_top_groups(VALUE self, VALUE by, VALUE below, VALUE program, VALUE sort, VALUE limit) {
    hgb_with(self, HG_PART_TREE);
    struct binding *binding = hgb_with(self, HG_PART_PARENTS);
    struct grouping grouping = {.program = RTEST(program) && NIL_P(below)};
    read_query(binding, by, below, sort, limit, &grouping.query);
    grouping.query.outermost = true;
    if (NIL_P(below)) grouping.query.through = &binding->analysis.parents.module;
    return groups_of(binding, &grouping);
}

static enum hg_status
find_located(struct binding *self, void *found) {
    const struct hg_graph *graph = self->analysis.graph;
    if (!hg_has_column(&graph->location)) return HG_OK;
    hg_phase(&self->task, "places", graph->nodes);
    for (uint32_t node = 0; node < graph->nodes; node++) {
        if (hg_location(graph, node) != HG_NO_STRING) {
            *(bool *)found = true;
            return HG_OK;
        }
        if (node % HG_STRIDE == 0 && !hg_step(&self->task, node)) return HG_STOPPED;
    }
    return HG_OK;
}

/* call-seq: graph.traced? -> true if the place where an object was allocated is known of any */
static VALUE
graph_traced(VALUE self) {
    bool found = false;
    hgb_run(hgb_loaded(self), find_located, &found, NULL);
    return found ? Qtrue : Qfalse;
}

void
hgb_define_histogram(VALUE class) {
    rb_define_method(class, "groups", graph_groups, 4);
    rb_define_method(class, "top_groups", graph_top_groups, 5);
    rb_define_method(class, "traced?", graph_traced, 0);
}
