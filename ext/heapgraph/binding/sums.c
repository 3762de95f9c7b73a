/*
 * Place in the flow: see binding.h. Many objects and references summed up, as methods of
 * HeapDump::Graph: in groups of references, and in cells of the dominator tree.
 */
#include "binding/binding.h"
#include "tree/edge_groups.h"
#include "tree/folded.h"

struct edge_grouping {
    uint32_t node, limit;
    bool referrers;
    struct hg_edge_groups groups;
};

static void
free_edge_groups(void *data) {
    struct edge_grouping *grouping = data;
    hg_edge_groups_free(&grouping->groups);
}

static enum hg_status
group_edges(struct binding *self, void *data) {
    struct edge_grouping *grouping = data;
    const struct hg_analysis *all = &self->analysis;
    if (grouping->referrers)
        return hg_group_referrers(all->graph, &all->tree, &all->inverse, &all->kinds,
                                  grouping->node, grouping->limit, &self->task, &grouping->groups);
    return hg_group_references(all->graph, &all->tree, grouping->node, grouping->limit, &self->task,
                               &grouping->groups);
}

static VALUE
edge_groups(struct binding *binding, VALUE node, VALUE limit, bool referrers) {
    struct edge_grouping grouping = {
        .node = hgb_node(binding, node),
        .limit = hgb_limit(binding, limit),
        .referrers = referrers,
    };
    hgb_run(binding, group_edges, &grouping, free_edge_groups);
    VALUE groups = rb_ary_new_capa((long)grouping.groups.count);
    for (size_t i = 0; i < grouping.groups.count; i++) {
        const struct hg_edge_group *group = &grouping.groups.items[i];
        rb_ary_push(groups,
                    rb_ary_new_from_args(4, UINT2NUM(group->name), UINT2NUM(group->example),
                                         ULL2NUM(group->references), ULL2NUM(group->objects)));
    }
    VALUE answer = rb_ary_new_from_args(3, ULL2NUM(grouping.groups.groups),
                                        ULL2NUM(grouping.groups.references), groups);
    free_edge_groups(&grouping);
    return answer;
}

/*
 *  call-seq:
 *    graph.reference_groups(node, limit) ->
 *      [number of groups, number of references, [[name, example node, references, 0], …]]
 *
 * The references of a node, grouped by their names and by the classes to whose objects they lead.
 */
static VALUE
graph_reference_groups(VALUE self, VALUE node, VALUE limit) {
    return edge_groups(hgb_with(self, HG_PART_TREE), node, limit, false);
}

/* call-seq: graph.referrer_groups(node, limit) -> the same, with the number of objects last */
static VALUE
graph_referrer_groups(VALUE self, VALUE node, VALUE limit) {
    hgb_with(self, HG_PART_TREE);
    hgb_with(self, HG_PART_KINDS);
    return edge_groups(hgb_with(self, HG_PART_INVERSE), node, limit, true);
}

struct folding {
    uint32_t below, limit;
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
    return hg_fold(self->analysis.graph, &self->analysis.tree, &self->analysis.kinds,
                   folding->below, folding->least, folding->limit, &self->task, &folding->cells,
                   &folding->count);
}

/*
 *  call-seq:
 *    graph.folded(below or nil, least_bytes, limit) ->
 *      [[parent, example node or nil, objects, bytes, retained], …]
 *
 * What a node dominates (nil: all of the tree), with the children of one class in one cell: see
 * folded.h. The parent of a cell is the index of a cell before it; that of the first one is itself.
 * A rest has no example.
 */
static VALUE
graph_folded(VALUE self, VALUE below, VALUE least, VALUE limit) {
    hgb_with(self, HG_PART_TREE);
    struct binding *binding = hgb_with(self, HG_PART_KINDS);
    struct folding folding = {
        .below = NIL_P(below) ? binding->analysis.graph->nodes - 1 : hgb_node(binding, below),
        .least = hgb_amount(least),
        .limit = hgb_limit(binding, limit),
    };
    hgb_run(binding, fold, &folding, free_cells);
    VALUE cells = rb_ary_new_capa((long)folding.count);
    for (size_t i = 0; i < folding.count; i++) {
        const struct hg_cell *cell = &folding.cells[i];
        rb_ary_push(cells,
                    rb_ary_new_from_args(5, UINT2NUM(cell->parent), hgb_node_or_nil(cell->example),
                                         ULL2NUM(cell->objects), ULL2NUM(cell->bytes),
                                         ULL2NUM(cell->retained)));
    }
    free_cells(&folding);
    return cells;
}

void
hgb_define_sums(VALUE class) {
    rb_define_method(class, "reference_groups", graph_reference_groups, 2);
    rb_define_method(class, "referrer_groups", graph_referrer_groups, 2);
    rb_define_method(class, "folded", graph_folded, 3);
}
